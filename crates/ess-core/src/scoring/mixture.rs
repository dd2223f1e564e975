//! The Poly-encoder's similarity.

use serde::{Deserialize, Serialize};

use super::definition::Scoring;

/// The similarity of a Poly-encoder (Humeau et al. 2020, section 4.4): the item attends to the query's `m` vectors, and the score is
/// its inner product with the mixture, `Σⱼ pⱼ ⟨yⱼ, d⟩` with `p = softmax(β ⟨y, d⟩)`.
///
/// It is a mean of the inner products, weighted towards the larger ones: never above the largest of them. With `m = 1` it is the inner
/// product; with a large `β`, the largest of `m`. The paper has `β = 1`, over vectors of transformers that it trains; those of
/// unit norm need a larger one.
///
/// ```
/// use ess_core::{Embeddings, Mixture, Scored, Similarity};
///
/// // Two vectors of two components: products 1 and 0 with the item, weights σ(1) and σ(−1).
/// let query = Embeddings::from_rows(&[[1.0, 0.0, 0.0, 1.0]])?;
/// let item = Embeddings::from_rows(&[[1.0, 0.0]])?;
/// let scores = Scored::new(&Mixture { vectors: 2, sharpness: 1.0 }).similarities(&query, &item)?;
/// assert!((scores[[0, 0]] - 0.7310586).abs() < 1e-6);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    /// The number of vectors, `m`.
    pub vectors: usize,
    /// The factor of the inner products in the softmax, `β`.
    pub sharpness: f32,
}

/// Items whose sums are kept near the core at once.
const LANE: usize = 64;

impl Mixture {
    /// Calls `visit(first, best, total, score)` for one lane of items after another, with the largest logit of each item, the sum of
    /// its exponentials, and its score.
    fn for_lanes(
        &self,
        products: &[f32],
        items: usize,
        mut visit: impl FnMut(usize, &[f32], &[f32], &[f32]),
    ) {
        let (mut best, mut total, mut score) = ([0.0; LANE], [0.0; LANE], [0.0; LANE]);
        for first in (0..items).step_by(LANE) {
            let lane = LANE.min(items - first);
            let (best, total, score) = (&mut best[..lane], &mut total[..lane], &mut score[..lane]);
            best.fill(f32::NEG_INFINITY);
            total.fill(0.0);
            score.fill(0.0);
            let row = |vector: usize| &products[vector * items + first..][..lane];
            for vector in 0..self.vectors {
                for (best, product) in best.iter_mut().zip(row(vector)) {
                    *best = best.max(self.sharpness * product);
                }
            }
            for vector in 0..self.vectors {
                let sums = total.iter_mut().zip(score.iter_mut()).zip(best.iter());
                for (((total, score), best), product) in sums.zip(row(vector)) {
                    let share = (self.sharpness * product - best).exp();
                    *total += share;
                    *score += share * product;
                }
            }
            score.iter_mut().zip(total.iter()).for_each(|(score, total)| *score /= total);
            visit(first, best, total, score);
        }
    }
}

impl Scoring for Mixture {
    fn vectors(&self) -> usize {
        self.vectors
    }

    fn searched(&self) -> usize {
        self.vectors
    }

    fn scores(&self, products: &[f32], _values: &[f32], scores: &mut [f32]) {
        if self.vectors == 1 {
            return scores.copy_from_slice(products);
        }
        self.for_lanes(products, scores.len(), |first, _, _, found| {
            scores[first..][..found.len()].copy_from_slice(found);
        });
    }

    /// `∂s/∂aⱼ = pⱼ (1 + β (aⱼ − s))`.
    fn slopes(&self, products: &mut [f32], _values: &[f32], slopes: &[f32], _of_values: &mut [f32]) {
        if self.vectors == 1 {
            return products.copy_from_slice(slopes);
        }
        let (items, sharpness) = (slopes.len(), self.sharpness);
        let found = products.to_vec();
        self.for_lanes(&found, items, |first, best, total, score| {
            let slopes = &slopes[first..][..best.len()];
            for row in products.chunks_exact_mut(items) {
                let sums = best.iter().zip(total).zip(score).zip(slopes);
                for (product, (((best, total), score), slope)) in row[first..].iter_mut().zip(sums) {
                    let share = (sharpness * *product - best).exp() / total;
                    *product = slope * share * (1.0 + sharpness * (*product - score));
                }
            }
        });
    }

    /// The largest of the products: a weighted mean is at most that.
    fn bound(&self, products: &[f32], _values: &[f32]) -> Option<f32> {
        products.iter().copied().reduce(f32::max)
    }
}
