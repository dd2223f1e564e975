//! Binary preference.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// bpref: the share of the pairs of a relevant item and one judged not relevant that the ranking has in this order. Unjudged
/// items change nothing.
///
/// `1/R Σ (1 − min(n, R) / min(N, R))` over the `R` relevant items (those not retrieved add 0), where `n` of the `N` items
/// judged not relevant stand above it. Buckley and Voorhees, "Retrieval evaluation with incomplete information", SIGIR 2004;
/// trec_eval's `bpref`.
///
/// ```
/// use ess_metrics::{BinaryPreference, JudgedRanking, Measure};
///
/// // Two are relevant; one of the two judged not relevant stands between them.
/// let ranking = JudgedRanking::new(&[Some(1), None, Some(0), Some(1)], &[0]);
/// assert_eq!(BinaryPreference.value(&ranking), (1.0 + 0.5) / 2.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BinaryPreference;

impl Measure for BinaryPreference {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let relevant = ranking.relevant();
        let counted = ranking.not_relevant().min(relevant);
        let (mut above, mut sum) = (0, 0.0);
        for hit in ranking.judged_within(Cutoff::NONE).iter().filter(|hit| hit.grade >= 0) {
            if hit.grade < ranking.relevance_level().grade() {
                above += 1;
            } else if above == 0 {
                sum += 1.0;
            } else {
                sum += 1.0 - above.min(relevant) as f64 / counted as f64;
            }
        }
        if relevant == 0 { 0.0 } else { sum / relevant as f64 }
    }
}

impl fmt::Display for BinaryPreference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bpref")
    }
}
