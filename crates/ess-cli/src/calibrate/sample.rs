//! The pairs that a link is fitted on.

use std::path::Path;

use anyhow::Result;
use ess_core::TokenStates;
use ess_kit::{Dataset, JudgedQueries};
use ess_search::{DeviceEncoding, PersistentModule};
use ess_train::{Items, SimilaritySample};

use crate::data::{
    dataset::{judge_file, judge_file_as},
    saved_module::SearchingModule,
};

/// What the module finds for the queries of a file.
pub(super) fn of_file(
    module: &SearchingModule,
    dataset: &Dataset,
    items: &Items<'_>,
    qrels: &Path,
    hits: usize,
) -> Result<SimilaritySample> {
    match module {
        SearchingModule::Embeddings(sides) => {
            of_queries(sides.query_side(), &judge_file(dataset, qrels)?, items, hits)
        }
        SearchingModule::TokenStates(module) => {
            of_queries(&**module, &judge_file_as::<TokenStates>(dataset, qrels)?, items, hits)
        }
        SearchingModule::Feedback(module, depth) => {
            let queries = judge_file(dataset, qrels)?.with_found_items(dataset, items.index()?, *depth)?;
            of_queries(&**module, &queries, items, hits)
        }
    }
}

fn of_queries<E: DeviceEncoding>(
    module: &dyn PersistentModule<E>,
    queries: &JudgedQueries<E>,
    items: &Items<'_>,
    hits: usize,
) -> Result<SimilaritySample> {
    let own = |query: usize| queries.own_items[query];
    Ok(SimilaritySample::of_hits_except(&module, &queries.set, items, hits, own)?)
}
