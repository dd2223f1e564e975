//! The weight of each item of a first pass in pseudo-relevance feedback.

use ess_core::{Error, Hit};
use serde::{Deserialize, Serialize};

/// The weights of the items that a first pass found: `softmax(temperature · similarity)` over the first `depth` of them.
///
/// These are the weights that attention with the query gives to the items, which take the place of the document
/// likelihoods of a relevance model (Lavrenko and Croft, "Relevance-Based Language Models", SIGIR 2001).
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::FeedbackWeights;
///
/// let feedback = FeedbackWeights { depth: 2, temperature: 10.0 };
/// let weights = feedback.weights(&[Hit::new(4, 0.8), Hit::new(1, 0.8), Hit::new(7, 0.1)]);
/// assert_eq!(weights, [0.5, 0.5]);
/// ```
#[doc(alias = "Attention")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedbackWeights {
    /// The number of items that have a weight; at least 1. Default: 3.
    pub depth: usize,
    /// The factor of similarities in the softmax; 0 or more. At 0 all items weigh the same. Default: 10.
    pub temperature: f32,
}

impl Default for FeedbackWeights {
    fn default() -> Self {
        Self { depth: 3, temperature: 10.0 }
    }
}

impl FeedbackWeights {
    /// Checks that both settings are in their ranges.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the first setting that is not.
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

    /// The weight of each of the first `min(depth, hits.len())` hits; the weights sum to 1.
    ///
    /// Hits are given most similar first.
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

    /// Writes the mean of the items' vectors under these weights to `centroid` (`d` components).
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
    fn a_high_temperature_weighs_the_best_item_alone() {
        let hits = [Hit::new(0, 0.9), Hit::new(1, 0.5)];
        let weights = FeedbackWeights { depth: 5, temperature: 1000.0 }.weights(&hits);
        assert_eq!(weights, [1.0, 0.0]);
        assert!(FeedbackWeights::default().weights(&[]).is_empty());
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        for bad in [
            FeedbackWeights { depth: 0, temperature: 1.0 },
            FeedbackWeights { depth: 1, temperature: f32::NAN },
        ] {
            assert!(matches!(bad.check(), Err(Error::InvalidParameter { .. })));
        }
    }
}
