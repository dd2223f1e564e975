//! Searching with a module and measuring what it finds.

use anyhow::Result;
use ess_core::{Encoding, Index, SearchModule};
use ess_metrics::{Evaluation, Evaluator, Run};

use crate::{Dataset, JudgedQueries};

/// The measures that the programs report.
pub const MEASURES: [&str; 9] =
    ["ndcg@10", "ndcg_exp@10", "recall@100", "map", "mrr@10", "p@10", "rprec", "success@1", "judged@10"];

/// How many hits a run keeps for each query, as is usual for trec_eval.
const DEPTH: usize = 1000;

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
    let mut run = Run::new(name);
    for (id, hits) in queries.ids.iter().zip(index.search(&mapped, DEPTH.min(index.len()))?) {
        for hit in hits {
            run.insert(id, dataset.item_ids().get(hit.item).unwrap_or_default(), hit.similarity)?;
        }
    }
    Ok(run)
}

/// Measures a run by [`MEASURES`], as trec_eval does.
///
/// # Errors
/// When no query has a relevant item.
pub fn evaluate<E>(queries: &JudgedQueries<E>, run: &Run) -> Result<Evaluation> {
    Ok(Evaluator::from_names(MEASURES)?.evaluate(&queries.qrels, run)?)
}
