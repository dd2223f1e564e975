//! The order in which a transformer's layers are applied.

use super::{
    definition::{Block, Transformer},
    host_tokens::HostTokens,
    operations::Compute,
    token_batch::TokenBatch,
};
use crate::error::Error;

impl<M, W, V> Transformer<M, W, V> {
    /// The states of all tokens, `T × d`, at each of `layers`; layer 0 is before the first block.
    pub(crate) fn states<C: Compute<Matrix = M, Weight = W, Vector = V>>(
        &self,
        compute: &C,
        batch: &TokenBatch,
        layers: &[usize],
    ) -> Result<Vec<HostTokens>, Error> {
        let mut kept: Vec<Option<HostTokens>> = vec![None; layers.len()];
        let mut keep = |layer: usize, tokens: &C::Tokens| -> Result<(), Error> {
            for (kept, _) in kept.iter_mut().zip(layers).filter(|(_, wanted)| **wanted == layer) {
                *kept = Some(compute.to_host(tokens)?);
            }
            Ok(())
        };
        let mut tokens = compute.embed(&self.tables, batch);
        keep(0, &tokens)?;
        for (layer, block) in self.blocks.iter().enumerate() {
            tokens = block.forward(compute, tokens, batch, self.relative_positions.as_ref());
            keep(layer + 1, &tokens)?;
        }
        Ok(kept.into_iter().flatten().collect())
    }
}

impl<W, V> Block<W, V> {
    /// `T × d` to `T × d`.
    pub(crate) fn forward<C: Compute<Weight = W, Vector = V>>(
        &self,
        compute: &C,
        tokens: C::Tokens,
        batch: &TokenBatch,
        relative_positions: Option<&C::Matrix>,
    ) -> C::Tokens {
        let qkv = compute.project(&tokens, &self.qkv);
        let attended = compute.attend(qkv, batch, self.heads, relative_positions);
        let tokens = compute.add_projection(tokens, attended, &self.attention_out);
        let tokens = compute.normalize(tokens, &self.attention_norm);
        let tokens = compute.add_feed_forward(tokens, &self.up, self.activation, &self.down);
        compute.normalize(tokens, &self.norm)
    }
}
