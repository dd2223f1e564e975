//! The layers of a transformer.
//!
//! Generic over the form of a table `M`, a weight `W` and a vector `V`: values in host memory for the fused CPU kernels, Burn
//! parameters for any Burn device and for training.

use super::{attention_shape::AttentionShape, disentangled::Disentangled};
use crate::model::activation::Activation;

/// `y = x Wᵀ + b`.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Linear<W, V> {
    /// `d_out × d_in`, as the files have it.
    pub(crate) weight: W,
    /// `d_out`; zeros where the model has no bias.
    pub(crate) bias: V,
}

/// What a normalisation does to the `d` components of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NormKind {
    /// Layer normalisation: the mean is subtracted, and the rest divided by the standard deviation.
    Layer,
    /// The components are divided by their root mean square (Zhang and Sennrich, 2019).
    RootMeanSquare,
}

/// Normalisation of the `d` components of each token, scaled by `weight`, with `bias` added.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Norm<V> {
    pub(crate) weight: V,
    /// `d`; zeros where the model has no bias. Root mean square normalisation has none.
    pub(crate) bias: V,
    pub(crate) epsilon: f32,
    #[cfg_attr(feature = "split", module(skip))]
    pub(crate) kind: NormKind,
}

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

/// What a token starts with: its word, its position and its type, each a row of a table.
#[derive(Debug)]
pub(crate) struct Tables<M, W, V> {
    /// `vocabulary × e`.
    pub(crate) words: M,
    /// `positions × e`, where positions are learned.
    pub(crate) positions: Option<M>,
    /// The padding token behind whose row positions start, where the model numbers them so.
    pub(crate) padding: Option<u32>,
    /// `types × e`, where the model has types.
    pub(crate) types: Option<M>,
    pub(crate) norm: Option<Norm<V>>,
    /// `d × e`, where the tables are narrower than the layers.
    pub(crate) projection: Option<Linear<W, V>>,
    /// Whether the projection comes before the norm.
    pub(crate) projection_first: bool,
}

/// Self-attention and feed-forward, each added to its input.
///
/// A model normalises what goes into each half, what comes out of it, the sum, or several of these.
#[cfg_attr(feature = "split", derive(burn::module::Module))]
#[derive(Debug)]
pub(crate) struct Block<W, V> {
    /// Query, key and value in one product: `(h + 2 h_kv) d_head × d`.
    pub(crate) qkv: Linear<W, V>,
    pub(crate) attention_out: Linear<W, V>,
    /// Of the sum of attention and its input.
    pub(crate) attention_norm: Option<Norm<V>>,
    /// Of that and the input once more, where the model adds it twice.
    pub(crate) attention_sum_norm: Option<Norm<V>>,
    /// `d_inner × d`, or `2 d_inner × d` of a gated feed-forward: what the activation is applied to first.
    pub(crate) up: Linear<W, V>,
    pub(crate) down: Linear<W, V>,
    /// Of the sum of the feed-forward and its input.
    pub(crate) norm: Option<Norm<V>>,
    pub(crate) attention_input_norm: Option<Norm<V>>,
    pub(crate) attention_output_norm: Option<Norm<V>>,
    pub(crate) input_norm: Option<Norm<V>>,
    pub(crate) output_norm: Option<Norm<V>>,
    /// Of each head's query, or of all of them together.
    pub(crate) query_norm: Option<Norm<V>>,
    /// The same of keys.
    pub(crate) key_norm: Option<Norm<V>>,
    #[cfg_attr(feature = "split", module(skip))]
    pub(crate) attention: AttentionShape,
    #[cfg_attr(feature = "split", module(skip))]
    pub(crate) activation: Activation,
    /// Whether the activated half of `up` is multiplied by its other half (Shazeer, "GLU Variants", 2020).
    #[cfg_attr(feature = "split", module(skip))]
    pub(crate) gated: bool,
}

/// A transformer without a head.
///
/// Vaswani et al., "Attention Is All You Need" (2017); Devlin et al., "BERT" (2018). With a table of relative
/// positions added to the attention scores it is MPNet's (Song et al., 2020) or T5's (Raffel et al., 2020), with rotary
/// positions that of the decoders of today (Su et al., "RoFormer", 2021).
#[derive(Debug)]
pub(crate) struct Transformer<M, W, V> {
    pub(crate) tables: Tables<M, W, V>,
    pub(crate) blocks: Vec<Block<W, V>>,
    /// `buckets × heads`, where the model has relative positions.
    pub(crate) relative_positions: Option<M>,
    /// For each block, where distances are compared with what tokens mean.
    pub(crate) disentangled: Vec<Disentangled<M>>,
    /// Behind the first block.
    pub(crate) convolution: Option<Convolution<W, V>>,
    /// Behind the last block.
    pub(crate) norm: Option<Norm<V>>,
}
