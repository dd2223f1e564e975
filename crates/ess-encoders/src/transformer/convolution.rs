//! A convolution over neighbouring tokens.

use super::{
    definition::{Linear, Norm},
    operations::Compute,
    token_batch::TokenBatch,
};
use crate::model::transformer_config::Activation;

/// Behind DeBERTa's first layer: what neighbouring tokens started with is added to its states.
#[derive(Debug)]
pub(crate) struct Convolution<W, V> {
    /// `d × kernel d`: for each of the neighbours, in order, what it contributes.
    pub(crate) linear: Linear<W, V>,
    /// How many neighbours, the token itself in their middle.
    pub(crate) kernel: usize,
    pub(crate) activation: Activation,
    pub(crate) norm: Norm<V>,
}

impl<W, V> Convolution<W, V> {
    /// `norm(tokens + activation(convolution(first)))`, `T × d`.
    pub(crate) fn forward<C: Compute<Weight = W, Vector = V>>(
        &self,
        compute: &C,
        first: &C::Tokens,
        tokens: C::Tokens,
        batch: &TokenBatch,
    ) -> C::Tokens {
        let convolved = compute.project(&compute.neighbours(first, batch, self.kernel), &self.linear);
        let convolved = compute.activate(convolved, self.activation);
        compute.normalize(compute.add(tokens, convolved), &self.norm)
    }
}
