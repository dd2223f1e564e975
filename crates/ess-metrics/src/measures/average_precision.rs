//! Average precision.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Average precision, whose mean over queries is MAP: the mean, over the relevant items of the qrels, of the
/// precision at the rank of each; 0 for those that are not within the cutoff.
///
/// Divided by all relevant items, also where there are more than `k`: trec_eval's `map` and `map_cut`.
/// Buckley and Voorhees, "Evaluating evaluation measure stability", SIGIR 2000.
///
/// ```
/// use ess_metrics::{AveragePrecision, Cutoff, JudgedRanking, Measure};
///
/// let map = AveragePrecision { cutoff: Cutoff::NONE };
/// assert_eq!(map.value(&JudgedRanking::new(&[Some(1), None, None, Some(1)], &[])), (1.0 + 2.0 / 4.0) / 2.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AveragePrecision {
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Measure for AveragePrecision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let relevant = ranking.relevant_within(self.cutoff);
        let precisions = relevant.zip(1..).map(|(hit, found)| f64::from(found) / hit.rank as f64);
        match ranking.relevant() {
            0 => 0.0,
            relevant => precisions.sum::<f64>() / relevant as f64,
        }
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for AveragePrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "map{}", self.cutoff)
    }
}
