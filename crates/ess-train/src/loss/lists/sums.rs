//! What both ways of a list loss give.

use burn::tensor::Tensor;

/// A loss and its slopes summed into gradients, before they become tensors.
pub(super) struct Sums {
    pub(super) loss: f64,
    pub(super) gradient: Tensor<2>,
    pub(super) item_gradient: Option<Tensor<2>>,
}
