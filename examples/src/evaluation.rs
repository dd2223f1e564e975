//! Searching with a module and measuring what it finds.

use anyhow::Result;
use ess_core::{Encoding, Hit, Ids, Index, SearchModule};
use ess_metrics::{Evaluation, Evaluator, Run};

use crate::{Dataset, JudgedQueries};

/// The measures that the programs report.
pub const MEASURES: [&str; 9] =
    ["ndcg@10", "ndcg_exp@10", "recall@100", "map", "mrr@10", "p@10", "rprec", "success@1", "judged@10"];

/// How many hits a run keeps for each query, as is usual for trec_eval.
const DEPTH: usize = 1000;

impl<E> JudgedQueries<E> {
    /// How many hits to ask an index of so many items for, so that enough are left for a run.
    pub fn depth(&self, items: usize) -> usize {
        let left_out = usize::from(self.own_items.iter().any(Option::is_some));
        items.min(DEPTH + left_out)
    }

    /// The run of the hits that were found for each query, less the item that no ranking of it may have.
    ///
    /// # Errors
    /// For a similarity that is no finite number and an item that was found twice.
    pub fn run(&self, name: &str, items: &Ids, hits: Vec<Vec<Hit>>) -> Result<Run> {
        let mut run = Run::new(name);
        for ((id, own), hits) in self.ids.iter().zip(&self.own_items).zip(hits) {
            let others = hits.into_iter().filter(|hit| Some(hit.item) != *own);
            for hit in others.take(DEPTH) {
                run.insert(id, items.get(hit.item).unwrap_or_default(), hit.similarity)?;
            }
        }
        Ok(run)
    }
}

/// Searches all items for each query.
///
/// # Errors
/// Those of the module and of the index.
pub fn search<E: Encoding>(
    dataset: &Dataset,
    index: &dyn Index,
    queries: &JudgedQueries<E>,
    name: &str,
    module: &dyn SearchModule<E>,
) -> Result<Run> {
    let mapped = module.apply(queries.set.encodings())?;
    queries.run(name, dataset.item_ids(), index.search(&mapped, queries.depth(index.len()))?)
}

/// Measures a run by [`MEASURES`], as trec_eval does.
///
/// # Errors
/// When no query has a relevant item.
pub fn evaluate<E>(queries: &JudgedQueries<E>, run: &Run) -> Result<Evaluation> {
    Ok(Evaluator::from_names(MEASURES)?.evaluate(&queries.qrels, run)?)
}
