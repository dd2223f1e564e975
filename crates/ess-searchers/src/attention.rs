//! How much each item of a first pass counts in feedback.

use ess_core::{Error, Hit};
use serde::{Deserialize, Serialize};

/// Attention of a query over the items that a first pass found: `softmax(temperature · similarity)` over the first
/// `depth` of them.
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::Attention;
///
/// let attention = Attention { depth: 2, temperature: 10.0 };
/// let weights = attention.weights(&[Hit::new(4, 0.8), Hit::new(1, 0.8), Hit::new(7, 0.1)]);
/// assert_eq!(weights, [0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attention {
    /// How many items are looked at; at least 1. Default: 3.
    pub depth: usize,
    /// How strongly the most similar ones are preferred; 0 or more. Default: 10.
    pub temperature: f32,
}

impl Default for Attention {
    fn default() -> Self {
        Self { depth: 3, temperature: 10.0 }
    }
}

impl Attention {
    /// Refuses a depth or a temperature outside its range.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming it.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found| Err(Error::InvalidParameter { name, expected, found });
        if self.depth == 0 {
            return refuse("depth of feedback", "at least 1", self.depth.to_string());
        }
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return refuse("temperature of feedback", "a number of 0 or more", self.temperature.to_string());
        }
        Ok(())
    }

    /// One weight for each of the first `depth` hits (fewer where there are fewer), summing to 1; hits most similar
    /// first.
    pub fn weights(&self, hits: &[Hit]) -> Vec<f32> {
        let hits = &hits[..self.depth.min(hits.len())];
        let Some(best) = hits.first() else {
            return Vec::new();
        };
        let weight = |hit: &Hit| (self.temperature * (hit.similarity - best.similarity)).exp();
        let weights: Vec<f32> = hits.iter().map(weight).collect();
        let sum: f32 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    }

    /// The mean of the items' vectors under these weights, written to `centroid` (`d` numbers).
    pub fn centroid<'a>(&self, hits: &[Hit], row: impl Fn(usize) -> &'a [f32], centroid: &mut [f32]) {
        centroid.fill(0.0);
        for (hit, weight) in hits.iter().zip(self.weights(hits)) {
            centroid.iter_mut().zip(row(hit.item)).for_each(|(sum, value)| *sum += weight * value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_attention_looks_at_the_best_alone() {
        let hits = [Hit::new(0, 0.9), Hit::new(1, 0.5)];
        let weights = Attention { depth: 5, temperature: 1000.0 }.weights(&hits);
        assert_eq!(weights, [1.0, 0.0]);
        assert!(Attention::default().weights(&[]).is_empty());
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        for bad in [Attention { depth: 0, temperature: 1.0 }, Attention { depth: 1, temperature: f32::NAN }] {
            assert!(matches!(bad.check(), Err(Error::InvalidParameter { .. })));
        }
    }
}
