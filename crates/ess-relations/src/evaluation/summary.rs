//! Means over ranks.

use serde::{Deserialize, Serialize};

/// Mean reciprocal rank and Hits@k over some ranks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RankSummary {
    /// How many ranks.
    pub ranks: usize,
    /// The mean of `1 / rank`.
    pub mrr: f64,
    /// The share of ranks of at most 1.
    pub hits_at_1: f64,
    /// The share of ranks of at most 3.
    pub hits_at_3: f64,
    /// The share of ranks of at most 10.
    pub hits_at_10: f64,
    /// The mean rank.
    pub mean_rank: f64,
}

impl RankSummary {
    /// The summary of ranks, each from 1; all zeros for none.
    pub fn of(ranks: impl IntoIterator<Item = f64>) -> Self {
        let ranks: Vec<f64> = ranks.into_iter().collect();
        let mean = |value: &dyn Fn(f64) -> f64| {
            ranks.iter().map(|&rank| value(rank)).sum::<f64>() / ranks.len().max(1) as f64
        };
        let hits = |k: f64| mean(&|rank| f64::from(u8::from(rank <= k)));
        Self {
            ranks: ranks.len(),
            mrr: mean(&f64::recip),
            hits_at_1: hits(1.0),
            hits_at_3: hits(3.0),
            hits_at_10: hits(10.0),
            mean_rank: mean(&|rank| rank),
        }
    }
}
