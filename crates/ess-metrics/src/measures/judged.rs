//! Judgement coverage.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Judged: the share of the items within the cutoff that have a judgement, relevant or not; 0 for an empty
/// ranking.
///
/// Low values say that the other measures know little about the run. Divided by the number of items that are
/// there, not by `k`, where fewer than `k` were retrieved: the definition of ir_measures' `Judged`, since
/// trec_eval has none.
///
/// ```
/// use ess_metrics::{Cutoff, Judged, JudgedRanking, Measure};
///
/// let ranking = JudgedRanking::new(&[Some(0), None, None, Some(1)], &[]);
/// assert_eq!(Judged { cutoff: Cutoff::at(3)? }.value(&ranking), 1.0 / 3.0);
/// assert_eq!(Judged { cutoff: Cutoff::at(10)? }.value(&ranking), 0.5);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Judged {
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Measure for Judged {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        match ranking.retrieved().min(self.cutoff.depth()) {
            0 => 0.0,
            ranks => ranking.judged_within(self.cutoff).len() as f64 / ranks as f64,
        }
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "judged{}", self.cutoff)
    }
}
