//! R-precision.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// R-precision: the precision at rank `R`, the number of relevant items in the qrels. trec_eval's `Rprec`.
///
/// ```
/// use ess_metrics::{JudgedRanking, Measure, RPrecision};
///
/// // Two items are relevant, and one of them is among the first two.
/// assert_eq!(RPrecision.value(&JudgedRanking::new(&[None, Some(1), Some(1)], &[])), 0.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RPrecision;

impl Measure for RPrecision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        match Cutoff::at(ranking.relevant()) {
            Ok(cutoff) => ranking.relevant_within(cutoff).count() as f64 / ranking.relevant() as f64,
            Err(_) => 0.0,
        }
    }
}

impl fmt::Display for RPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rprec")
    }
}
