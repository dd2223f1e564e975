//! Vectors at length 1.

use burn::tensor::Tensor;

/// The vectors of the last dimension at length 1; zeros stay.
pub(crate) fn unit<const D: usize>(vectors: Tensor<D>) -> Tensor<D> {
    let squares = (vectors.clone() * vectors.clone()).sum_dim(D - 1);
    vectors / squares.clamp_min(1e-12).sqrt()
}
