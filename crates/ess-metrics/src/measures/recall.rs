//! Recall.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Recall: the share of the relevant items of the qrels that stand within the cutoff.
///
/// Divided by all relevant items, also where there are more than `k`: trec_eval's `recall` (`set_recall`
/// without a cutoff).
///
/// ```
/// use ess_metrics::{Cutoff, JudgedRanking, Measure, Recall};
///
/// let recall = Recall { cutoff: Cutoff::at(2)? };
/// assert_eq!(recall.value(&JudgedRanking::new(&[Some(1), None, Some(1)], &[1, 1])), 0.25);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Recall {
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Measure for Recall {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        match ranking.relevant() {
            0 => 0.0,
            relevant => ranking.relevant_within(self.cutoff).count() as f64 / relevant as f64,
        }
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for Recall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recall{}", self.cutoff)
    }
}
