//! Measuring a run.

use ess_metrics::{Evaluation, Evaluator, Qrels, Run};

use crate::error::Error;

/// The measures of [`evaluate`], by name.
pub const MEASURES: [&str; 9] =
    ["ndcg@10", "ndcg_exp@10", "recall@100", "map", "mrr@10", "p@10", "rprec", "success@1", "judged@10"];

/// Measures a run by [`MEASURES`], as trec_eval does. [`Evaluator`] has all other measures and choices.
///
/// ```
/// use ess_kit::prelude::*;
///
/// let (mut qrels, mut run) = (Qrels::new(), Run::new("mine"));
/// qrels.insert("q1", "d1", 1)?;
/// run.insert("q1", "d2", 0.9)?;
/// run.insert("q1", "d1", 0.8)?;
/// assert_eq!(evaluate(&qrels, &run)?.mean("mrr@10")?, 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Metrics`] when no query has a relevant item, and for a run that answers none of those that have.
pub fn evaluate(qrels: &Qrels, run: &Run) -> Result<Evaluation, Error> {
    Ok(Evaluator::from_names(MEASURES)?.evaluate(qrels, run)?)
}
