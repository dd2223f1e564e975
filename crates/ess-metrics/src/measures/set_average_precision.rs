//! Average precision of a set.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// Precision times recall of all that was retrieved, whatever its order: trec_eval's `set_map`.
///
/// ```
/// use ess_metrics::{JudgedRanking, Measure, SetAveragePrecision};
///
/// let ranking = JudgedRanking::new(&[Some(1), None], &[1]);
/// assert_eq!(SetAveragePrecision.value(&ranking), 0.5 * 0.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetAveragePrecision;

impl Measure for SetAveragePrecision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let found = ranking.relevant_within(Cutoff::NONE).count() as f64;
        match ranking.retrieved() as f64 * ranking.relevant() as f64 {
            0.0 => 0.0,
            pairs => found * found / pairs,
        }
    }
}

impl fmt::Display for SetAveragePrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set_map")
    }
}
