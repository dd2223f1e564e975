//! The F measure of a set.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// F: the harmonic mean of precision and recall of all that was retrieved, whatever its order. trec_eval's `set_F`; van
/// Rijsbergen, "Information retrieval", 2nd ed., 1979, ch. 7 (1 less his E).
///
/// ```
/// use ess_metrics::{JudgedRanking, Measure, SetF};
///
/// // Precision 1/2, recall 1/3.
/// let ranking = JudgedRanking::new(&[Some(1), None], &[1, 1]);
/// assert!((SetF.value(&ranking) - 2.0 / (2.0 + 3.0)).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetF;

impl Measure for SetF {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        match ranking.retrieved() + ranking.relevant() {
            0 => 0.0,
            both => 2.0 * ranking.relevant_within(Cutoff::NONE).count() as f64 / both as f64,
        }
    }
}

impl fmt::Display for SetF {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set_f")
    }
}
