//! nDCG@10 of each query.

use anyhow::{Context, Result};
use ess_core::{Embeddings, Ids, Index, SearchModule};
use ess_kit::JudgedQueries;
use ess_metrics::Evaluator;

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
    let own = usize::from(queries.own_items.iter().any(Option::is_some));
    let run = queries.run("run", items, index.search(vectors, index.len().min(HITS + own))?)?;
    let found = Evaluator::from_names([MEASURE])?.evaluate(&queries.qrels, &run)?;
    Ok(found.get(MEASURE).context("nDCG@10 is measured")?.per_query.clone())
}
