//! What one run gives to the fused scores of one query.

use super::normalization::Normalization;
use super::reciprocal_rank::reciprocal_rank;
use crate::entries::Entries;

/// The scores that a run contributes to one query: one for each item that it found, and one for all others.
pub(super) struct Contribution<'a> {
    pub(super) found: Vec<(&'a str, f64)>,
    pub(super) missing: f64,
}

impl<'a> Contribution<'a> {
    /// Normalised scores.
    pub(super) fn of_scores(hits: Entries<'a, f32>, normalization: Normalization) -> Self {
        let mut scores: Vec<f64> = hits.iter().map(|(_, score)| f64::from(score)).collect();
        let missing = normalization.apply(&mut scores);
        let found = hits.iter().map(|(item, _)| item).zip(scores).collect();
        Self { found, missing }
    }

    /// `1 / (k + rank)`, of hits in the order of their ranking.
    pub(super) fn of_ranks(ranking: Vec<(&'a str, f32)>, k: f64) -> Self {
        let reciprocal = |(index, (item, _)): (usize, (&'a str, f32))| (item, reciprocal_rank(k, index + 1));
        Self { found: ranking.into_iter().enumerate().map(reciprocal).collect(), missing: 0.0 }
    }
}
