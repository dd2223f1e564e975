//! A loss and its gradient.

use burn::tensor::Tensor;

/// A loss and its gradient.
#[derive(Clone, Debug)]
pub struct LossValue {
    /// The mean over the queries of the batch.
    pub loss: f64,
    /// The gradient of that mean with respect to each mapped query, `n × d_item`.
    pub gradient: Tensor<2>,
    /// The gradient with respect to each item, `m × d_item`, where the batch asks for it
    /// ([`LossBatch::wants_item_gradient`](crate::LossBatch::wants_item_gradient)); `None` where the loss does not depend on the items.
    pub item_gradient: Option<Tensor<2>>,
}

impl LossValue {
    /// A loss with its gradient with respect to the mapped queries alone.
    pub fn new(loss: f64, gradient: Tensor<2>) -> Self {
        Self { loss, gradient, item_gradient: None }
    }
}
