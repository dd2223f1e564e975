//! The score of a rank in reciprocal rank fusion.

use super::score::Score;

/// The score of a rank (from 1) in reciprocal rank fusion: `1 / (k + rank)`; see [`Fusion`](super::Fusion).
///
/// ```
/// assert_eq!(ess_metrics::reciprocal_rank(60.0_f32, 1), 1.0 / 61.0);
/// ```
pub fn reciprocal_rank<S: Score>(k: S, rank: usize) -> S {
    S::ONE / (k + S::from_count(rank))
}
