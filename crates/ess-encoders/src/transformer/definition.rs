//! The layers, and the order in which they are applied.
//!
//! Generic over the form of a table `M`, a weight `W` and a vector `V`: numbers in host memory for the fused CPU kernels, Burn
//! parameters for any Burn device and for training.

use super::TokenBatch;
use crate::{
    Error,
    compute::{Compute, HostTokens},
    model::Activation,
};

/// `y = x Wᵀ + b`.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Linear<W, V> {
    /// `d_out × d_in`, as the files have it.
    pub(crate) weight: W,
    /// `d_out`.
    pub(crate) bias: V,
}

/// Layer normalisation over each token's `d` numbers.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Norm<V> {
    pub(crate) weight: V,
    pub(crate) bias: V,
    pub(crate) epsilon: f32,
}

/// What a token starts with: its word, its place and its type, each a row of a table.
#[derive(Debug)]
pub(crate) struct Tables<M, V> {
    /// `vocabulary × d`.
    pub(crate) words: M,
    /// `positions × d`.
    pub(crate) positions: M,
    /// The padding token behind whose row positions start, where the model numbers them so.
    pub(crate) padding: Option<u32>,
    /// `types × d`, where the model has types.
    pub(crate) types: Option<M>,
    pub(crate) norm: Norm<V>,
}

/// Self-attention and feed-forward, each added to its input and normalised.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Block<W, V> {
    /// Query, key and value in one product: `3d × d`.
    pub(crate) qkv: Linear<W, V>,
    pub(crate) attention_out: Linear<W, V>,
    pub(crate) attention_norm: Norm<V>,
    pub(crate) up: Linear<W, V>,
    pub(crate) down: Linear<W, V>,
    pub(crate) norm: Norm<V>,
    pub(crate) heads: usize,
    #[cfg_attr(feature = "split", module(skip))]
    pub(crate) activation: Activation,
}

/// A transformer encoder with post-normalisation: the BERT family.
///
/// Vaswani et al., "Attention Is All You Need" (2017); Devlin et al., "BERT" (2018). With a table of relative
/// positions added to the attention scores it is MPNet's (Song et al., 2020).
#[derive(Debug)]
pub(crate) struct Transformer<M, W, V> {
    pub(crate) tables: Tables<M, V>,
    pub(crate) blocks: Vec<Block<W, V>>,
    /// `buckets × heads`, where the model has relative positions.
    pub(crate) relative_positions: Option<M>,
}

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
