//! Inferred average precision.

use std::fmt;

use super::measure::Measure;
use crate::judged_ranking::JudgedRanking;

/// Inferred AP: average precision as it can be expected where a random part of a pool was judged.
///
/// A grade below 0 says that an item was in the pool and not judged; an item without a grade was not in the pool, and so is
/// taken for not relevant. The precision at a relevant item of rank `r` is
/// `1/r + (r − 1)/r · pool/(r − 1) · (rel + ε)/(rel + nonrel + 2ε)`, with what stands above it: `pool` items of the pool, `rel` and
/// `nonrel` judged so; `ε` is 0.00001. Yilmaz and Aslam, "Estimating average precision with incomplete and imperfect
/// judgments", CIKM 2006; trec_eval's `infAP`.
///
/// ```
/// use ess_metrics::{InferredAveragePrecision, JudgedRanking, Measure};
///
/// // Of the two items of the pool above the second relevant one, one was judged: relevant.
/// let ranking = JudgedRanking::new(&[Some(1), Some(-1), Some(1)], &[]);
/// assert!((InferredAveragePrecision.value(&ranking) - (1.0 + 1.0 / 3.0 + 2.0 / 3.0) / 2.0).abs() < 1e-4);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InferredAveragePrecision;

const EPSILON: f64 = 0.000_01;

impl Measure for InferredAveragePrecision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let level = ranking.relevance_level().grade();
        let (mut relevant, mut not_relevant, mut unjudged) = (0.0, 0.0, 0.0);
        let mut sum = 0.0;
        for hit in ranking.judged() {
            if hit.grade < 0 {
                unjudged += 1.0;
            } else if hit.grade < level {
                not_relevant += 1.0;
            } else {
                let share = (relevant + EPSILON) / (relevant + not_relevant + 2.0 * EPSILON);
                sum += (1.0 + (relevant + not_relevant + unjudged) * share) / hit.rank as f64;
                relevant += 1.0;
            }
        }
        match ranking.relevant() {
            0 => 0.0,
            relevant => sum / relevant as f64,
        }
    }
}

impl fmt::Display for InferredAveragePrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("infap")
    }
}
