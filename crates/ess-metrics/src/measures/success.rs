//! Success.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Success: 1 when a relevant item stands within the cutoff, otherwise 0; also called hit rate. trec_eval's
/// `success`.
///
/// ```
/// use ess_metrics::{Cutoff, JudgedRanking, Measure, Success};
///
/// let ranking = JudgedRanking::new(&[None, Some(1)], &[]);
/// assert_eq!(Success { cutoff: Cutoff::at(1)? }.value(&ranking), 0.0);
/// assert_eq!(Success { cutoff: Cutoff::at(5)? }.value(&ranking), 1.0);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Success {
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Measure for Success {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let found = ranking.relevant_within(self.cutoff).next().is_some();
        f64::from(u8::from(found))
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for Success {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "success{}", self.cutoff)
    }
}
