//! From token states to vectors and back.

use super::vector_shape::VectorShape;
use crate::transformer::token_batch::TokenBatch;

/// The pooled states of each text, `n × d`, from the states of all tokens.
pub(super) fn pooled(shape: &VectorShape, batch: &TokenBatch, states: &[f32], skipped: usize) -> Vec<f32> {
    let dim = shape.layers.dim;
    let mut pooled = vec![0.0; batch.texts() * shape.vector_dim()];
    for (range, pooled) in batch.ranges().zip(pooled.chunks_exact_mut(shape.vector_dim())) {
        for (mode, pooled) in shape.poolings.iter().zip(pooled.chunks_exact_mut(dim)) {
            mode.pool(&states[range.start * dim..range.end * dim], skipped, pooled);
        }
    }
    pooled
}

/// The gradients of the states from those of the vectors, which are the pooled states, at unit norm where the model has that.
pub(super) fn pooled_back(
    shape: &VectorShape,
    batch: &TokenBatch,
    pooled: &[f32],
    vectors: &[f32],
    skipped: usize,
) -> Vec<f32> {
    let (dim, width) = (shape.layers.dim, shape.vector_dim());
    let mut states = vec![0.0; batch.tokens() * dim];
    let rows = vectors.chunks_exact(width).zip(pooled.chunks_exact(width));
    for (range, (gradient, pooled)) in batch.ranges().zip(rows) {
        let gradient = match shape.normalizes {
            true => unit_back(gradient, pooled),
            false => gradient.to_vec(),
        };
        for (mode, gradient) in shape.poolings.iter().zip(gradient.chunks_exact(dim)) {
            let weights = mode.weights(range.len(), skipped).into_iter().flatten();
            let own = states[range.start * dim..range.end * dim].chunks_exact_mut(dim);
            for (state, weight) in own.zip(weights).filter(|(_, weight)| *weight != 0.0) {
                state.iter_mut().zip(gradient).for_each(|(state, g)| *state += weight * g);
            }
        }
    }
    states
}

/// The gradient of a vector from that of the same vector at unit norm: `(g − z ⟨z, g⟩) / ‖p‖`; zeros for a vector of zeros.
fn unit_back(gradient: &[f32], vector: &[f32]) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let square = dot(vector, vector);
    if square == 0.0 {
        return vec![0.0; vector.len()];
    }
    let (norm, along) = (square.sqrt(), dot(vector, gradient) / square);
    let of = |(g, p): (&f32, &f32)| ((f64::from(*g) - f64::from(*p) * along) / norm) as f32;
    gradient.iter().zip(vector).map(of).collect()
}
