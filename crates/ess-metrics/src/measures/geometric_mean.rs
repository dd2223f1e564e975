//! Measures whose values are summed up by their geometric mean.

use std::fmt;

use super::aggregate::Aggregate;
use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// A measure of which a system has the geometric mean over queries, [`Aggregate::GeometricMean`]; for one query it is the
/// measure itself. trec_eval's `gm_map` and `gm_bpref`.
///
/// ```
/// use ess_metrics::{AveragePrecision, Evaluator, GeometricMean, RowQrels};
///
/// let evaluator = Evaluator::new(vec![GeometricMean(AveragePrecision::default())])?;
/// let qrels = RowQrels::new([[(0, 1)], [(0, 1)]])?;
/// let evaluation = evaluator.evaluate_rows(&qrels, [vec![0], vec![5, 6, 7, 0]])?;
/// assert_eq!(evaluation.get("gm_map")?.per_query, [1.0, 0.25]);
/// assert!((evaluation.mean("gm_map")? - 0.5).abs() < 1e-12);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GeometricMean<M>(pub M);

impl<M: Measure> Measure for GeometricMean<M> {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        self.0.value(ranking)
    }

    fn aggregate(&self) -> Aggregate {
        Aggregate::GeometricMean
    }

    fn cutoff(&self) -> Cutoff {
        self.0.cutoff()
    }
}

impl<M: fmt::Display> fmt::Display for GeometricMean<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gm_{}", self.0)
    }
}
