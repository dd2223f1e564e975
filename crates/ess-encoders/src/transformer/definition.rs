//! The layers of a transformer.
//!
//! Generic over the form of a table `M`, a weight `W` and a vector `V`: values in host memory for the fused CPU kernels, Burn
//! parameters for any Burn device and for training.

use crate::model::transformer_config::Activation;

/// `y = x Wᵀ + b`.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Linear<W, V> {
    /// `d_out × d_in`, as the files have it.
    pub(crate) weight: W,
    /// `d_out`.
    pub(crate) bias: V,
}

/// Layer normalisation over the `d` components of each token.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Norm<V> {
    pub(crate) weight: V,
    pub(crate) bias: V,
    pub(crate) epsilon: f32,
}

/// What a token starts with: its word, its position and its type, each a row of a table.
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
