//! nDCG@10 of each query.

use anyhow::{Context, Result};
use ess_core::{Embeddings, Hit, Ids, Index, SearchModule, Searcher};
use ess_kit::{JudgedQueries, Leakage};
use ess_metrics::{Evaluator, Run};

use crate::data::split_data_set::Opened;

/// The measure of all experiments.
pub(crate) const MEASURE: &str = "ndcg@10";

/// Hits that the measure looks at.
const HITS: usize = 10;

/// Of queries that are searched with a module. The index has the items in the order of their ids.
pub(crate) fn ndcg(
    queries: &JudgedQueries,
    module: &dyn SearchModule<Embeddings>,
    index: &dyn Index,
    items: &Ids,
) -> Result<Vec<f64>> {
    ndcg_of(queries, &module.apply(queries.set.encodings())?, index, items)
}

/// Of queries that are searched with these vectors, one a query.
pub(crate) fn ndcg_of(
    queries: &JudgedQueries,
    vectors: &Embeddings,
    index: &dyn Index,
    items: &Ids,
) -> Result<Vec<f64>> {
    measured(queries, index.search(vectors, hits_of(queries, items))?, items)
}

/// Of queries that are searched for in whatever way.
pub(crate) fn ndcg_by(
    queries: &JudgedQueries,
    searcher: &dyn Searcher<Embeddings>,
    items: &Ids,
) -> Result<Vec<f64>> {
    measured(queries, searcher.search(queries.set.encodings(), hits_of(queries, items))?, items)
}

/// One more where a query's own item is left out.
fn hits_of(queries: &JudgedQueries, items: &Ids) -> usize {
    items.len().min(HITS + usize::from(queries.own_items.iter().any(Option::is_some)))
}

fn measured(queries: &JudgedQueries, hits: Vec<Vec<Hit>>, items: &Ids) -> Result<Vec<f64>> {
    ndcg_of_run(queries, &queries.run("run", items, hits)?)
}

/// Of queries whose rankings are a run.
pub(crate) fn ndcg_of_run(queries: &JudgedQueries, run: &Run) -> Result<Vec<f64>> {
    let found = Evaluator::from_names([MEASURE])?.evaluate(&queries.qrels, run)?;
    Ok(found.get(MEASURE).context("nDCG@10 is measured")?.per_query.clone())
}

/// Which test queries have a relevant item that training or dev queries had too, in the order of what is measured here: that of
/// the queries' ids, whatever rows they have.
pub(crate) fn seen(data: &Opened) -> Vec<bool> {
    let mut queries = data.test.ids.clone();
    queries.sort_unstable();
    Leakage::new(&[&data.train.qrels, &data.dev.qrels], &data.test.qrels, &queries).of_queries().to_vec()
}
