//! A convolution over neighbouring tokens.

use super::{definition::Convolution, operations::Compute, token_batch::TokenBatch};

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
