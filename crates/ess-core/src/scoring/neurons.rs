//! A similarity that is a small network over the item.

use serde::{Deserialize, Serialize};

use super::definition::Scoring;

/// A query that is a small network over the item vector, as in Hypencoder (Killingback et al., SIGIR 2025): an inner product, and one
/// layer of `h` hidden units beside it, `⟨z, d⟩ + Σⱼ vⱼ relu(⟨uⱼ, d⟩ + bⱼ)`.
///
/// A query's row is `z`, the vectors `u₁ … uₕ`, then the values `b₁ … bₕ`, `v₁ … vₕ`. The first pass searches with `z`. Where all `v`
/// are 0, the score is the inner product.
///
/// ```
/// use ess_core::{Embeddings, Neurons, Scored, Similarity};
///
/// // z, u, b, v: 2·0.5 + 3 · relu(0.5 − 0.25).
/// let query = Embeddings::from_rows(&[[2.0, 1.0, -0.25, 3.0]])?;
/// let scores = Scored::new(&Neurons { hidden: 1 }).similarities(&query, &Embeddings::from_rows(&[[0.5]])?)?;
/// assert_eq!(scores[[0, 0]], 1.75);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neurons {
    /// The number of hidden units, `h`.
    pub hidden: usize,
}

impl Scoring for Neurons {
    fn vectors(&self) -> usize {
        1 + self.hidden
    }

    fn values(&self) -> usize {
        2 * self.hidden
    }

    fn scores(&self, products: &[f32], values: &[f32], scores: &mut [f32]) {
        let (direct, hidden) = products.split_at(scores.len());
        let (biases, weights) = values.split_at(self.hidden);
        scores.copy_from_slice(direct);
        for ((row, bias), weight) in hidden.chunks_exact(scores.len()).zip(biases).zip(weights) {
            for (score, product) in scores.iter_mut().zip(row) {
                *score += weight * (product + bias).max(0.0);
            }
        }
    }

    fn slopes(&self, products: &mut [f32], values: &[f32], slopes: &[f32], of_values: &mut [f32]) {
        let (direct, hidden) = products.split_at_mut(slopes.len());
        let (biases, weights) = values.split_at(self.hidden);
        let (of_biases, of_weights) = of_values.split_at_mut(self.hidden);
        direct.copy_from_slice(slopes);
        let own = biases.iter().zip(weights).zip(of_biases.iter_mut().zip(of_weights));
        for (row, ((bias, weight), (of_bias, of_weight))) in hidden.chunks_exact_mut(slopes.len()).zip(own) {
            let (mut open, mut passed) = (0.0, 0.0);
            for (product, slope) in row.iter_mut().zip(slopes) {
                let before = *product + bias;
                passed += slope * before.max(0.0);
                *product = if before > 0.0 { weight * slope } else { 0.0 };
                open += *product;
            }
            *of_bias += open;
            *of_weight += passed;
        }
    }
}
