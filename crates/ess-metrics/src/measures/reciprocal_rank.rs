//! Reciprocal rank.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Reciprocal rank, whose mean over queries is MRR: `1 / r` for the rank `r` of the first relevant item, 0
/// when there is none within the cutoff.
///
/// trec_eval's `recip_rank`, which has no cutoff; with one, as MS MARCO uses it (`mrr@10`). Voorhees, "The
/// TREC-8 question answering track report", 1999.
///
/// ```
/// use ess_metrics::{Cutoff, JudgedRanking, Measure, ReciprocalRank};
///
/// let ranking = JudgedRanking::new(&[None, Some(0), None, Some(1)], &[]);
/// assert_eq!(ReciprocalRank { cutoff: Cutoff::NONE }.value(&ranking), 0.25);
/// assert_eq!(ReciprocalRank { cutoff: Cutoff::at(3)? }.value(&ranking), 0.0);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReciprocalRank {
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Measure for ReciprocalRank {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let first = ranking.relevant_within(self.cutoff).next();
        first.map_or(0.0, |hit| 1.0 / hit.rank as f64)
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for ReciprocalRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mrr{}", self.cutoff)
    }
}
