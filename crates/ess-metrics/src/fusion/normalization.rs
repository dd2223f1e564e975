//! Scores of different systems on one scale.

use serde::{Deserialize, Serialize};

/// How one system's scores for one query are brought to a scale that several systems share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalization {
    /// Scores stay as they are; an item that the system did not find counts 0.
    None,
    /// `(score − lowest) / (highest − lowest)`, in `0..=1`; 1 where all are equal. An item that the system
    /// did not find counts 0, like the lowest. The default.
    #[default]
    MinMax,
    /// `(score − mean) / standard deviation` over the items found; 0 where all are equal. An item that the
    /// system did not find counts like the lowest, since 0 would put it above half of those found.
    ZScore,
}

impl Normalization {
    /// Normalises at least one score in place and returns what an item counts that was not found.
    pub(super) fn apply(self, scores: &mut [f64]) -> f64 {
        match self {
            Self::None => 0.0,
            Self::MinMax => {
                let (lowest, highest) = range(scores);
                let scale = |score: f64| (score - lowest) / (highest - lowest);
                let scale = |score| if highest > lowest { scale(score) } else { 1.0 };
                scores.iter_mut().for_each(|score| *score = scale(*score));
                0.0
            }
            Self::ZScore => {
                let count = scores.len() as f64;
                let mean = scores.iter().sum::<f64>() / count;
                let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
                let (lowest, highest) = range(scores);
                let scale = |score: f64| {
                    if highest > lowest { (score - mean) / variance.sqrt() } else { 0.0 }
                };
                scores.iter_mut().for_each(|score| *score = scale(*score));
                scale(lowest)
            }
        }
    }
}

fn range(scores: &[f64]) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    scores.iter().fold(start, |(lowest, highest), &score| (lowest.min(score), highest.max(score)))
}
