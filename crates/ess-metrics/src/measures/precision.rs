//! Precision.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Precision: the share of the first `k` ranks that hold a relevant item.
///
/// Divided by `k` also where fewer items were retrieved: trec_eval's `P`. Without a cutoff, divided by the
/// number of items retrieved: `set_P`.
///
/// ```
/// use ess_metrics::{Cutoff, JudgedRanking, Measure, Precision};
///
/// let precision = Precision { cutoff: Cutoff::at(10)? };
/// assert_eq!(precision.value(&JudgedRanking::new(&[Some(1), None], &[])), 0.1);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Precision {
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Measure for Precision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        match self.cutoff.k().unwrap_or(ranking.retrieved()) {
            0 => 0.0,
            ranks => ranking.relevant_within(self.cutoff).count() as f64 / ranks as f64,
        }
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.cutoff)
    }
}
