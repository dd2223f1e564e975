//! Vectors at unit norm.

use burn::tensor::Tensor;

/// The vectors along the last dimension, scaled to unit norm. Zero vectors are unchanged.
pub(crate) fn unit<const D: usize>(vectors: Tensor<D>) -> Tensor<D> {
    let squares = (vectors.clone() * vectors.clone()).sum_dim(D - 1);
    vectors / squares.clamp_min(1e-12).sqrt()
}
