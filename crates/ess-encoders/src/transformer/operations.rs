//! What a transformer needs of whatever computes it.

use std::ops::Range;

use super::{
    attention_shape::{AttentionShape, Rotary},
    definition::{Block, Linear, Norm, Tables},
    disentangled::Relative,
    host_tokens::HostTokens,
    token_batch::TokenBatch,
};
use crate::{error::Error, model::activation::Activation};

/// Where and how a transformer is computed.
///
/// `Tokens` are the states of the `T` tokens of a [`TokenBatch`], `T × d`, without padding.
pub(crate) trait Compute {
    /// A table whose rows are looked up.
    type Matrix;
    /// The weight of a linear layer.
    type Weight;
    type Vector;
    type Tokens: Clone;

    /// Takes over a table read from a file, row-major.
    fn matrix(&self, values: Vec<f32>, shape: [usize; 2]) -> Self::Matrix;

    /// Takes over a linear layer's weight read from a file, row-major, `d_out × d_in`.
    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> Self::Weight;

    /// Takes over a vector read from a file.
    fn vector(&self, values: Vec<f32>) -> Self::Vector;

    /// The sum of each token's rows of the tables: `T × e`.
    fn embed(
        &self,
        tables: &Tables<Self::Matrix, Self::Weight, Self::Vector>,
        batch: &TokenBatch,
    ) -> Self::Tokens;

    /// Normalisation of each token.
    fn normalize(&self, tokens: Self::Tokens, norm: &Norm<Self::Vector>) -> Self::Tokens;

    /// Normalisation of each group of components among `columns` of each token, as many as the norm has weights; the others stay.
    fn normalize_heads(
        &self,
        tokens: Self::Tokens,
        columns: Range<usize>,
        norm: &Norm<Self::Vector>,
    ) -> Self::Tokens;

    /// The first `heads` heads of each token turned by its position in its text; the other components stay.
    fn rotate(&self, tokens: Self::Tokens, batch: &TokenBatch, heads: usize, rotary: &Rotary)
    -> Self::Tokens;

    /// `tokens Wᵀ + b`.
    fn project(&self, tokens: &Self::Tokens, linear: &Linear<Self::Weight, Self::Vector>) -> Self::Tokens;

    /// `rows Wᵀ + b` of the rows of a table.
    fn project_rows(&self, rows: &Self::Matrix, linear: &Linear<Self::Weight, Self::Vector>) -> Self::Matrix;

    /// Scaled dot-product attention of each text's tokens (query, key and value of each side by side) to each other:
    /// `T × h d_head`.
    fn attend(
        &self,
        qkv: Self::Tokens,
        batch: &TokenBatch,
        shape: &AttentionShape,
        relative: Option<Relative<'_, Self::Matrix>>,
    ) -> Self::Tokens;

    /// For each token the `kernel` tokens of its text around it side by side, itself in the middle, zeros where the text
    /// has ended: `T × kernel d`.
    fn neighbours(&self, tokens: &Self::Tokens, batch: &TokenBatch, kernel: usize) -> Self::Tokens;

    /// The function of each component.
    fn activate(&self, tokens: Self::Tokens, function: Activation) -> Self::Tokens;

    /// As many zeros.
    fn zeros_like(&self, tokens: &Self::Tokens) -> Self::Tokens;

    /// `tokens` and as many components of host memory, row-major.
    fn add_rows(&self, tokens: Self::Tokens, rows: &[f32]) -> Self::Tokens;

    /// `residual + tokens`.
    fn add(&self, residual: Self::Tokens, tokens: Self::Tokens) -> Self::Tokens;

    /// `residual + tokens Wᵀ + b`.
    fn add_projection(
        &self,
        residual: Self::Tokens,
        tokens: Self::Tokens,
        linear: &Linear<Self::Weight, Self::Vector>,
    ) -> Self::Tokens;

    /// `residual + down(activation(up(input)))` of a block; the residual is the input too where none is given.
    fn add_feed_forward(
        &self,
        residual: Self::Tokens,
        input: Option<&Self::Tokens>,
        block: &Block<Self::Weight, Self::Vector>,
    ) -> Self::Tokens;

    /// The states in host memory, row-major.
    fn to_host(&self, tokens: &Self::Tokens) -> Result<HostTokens, Error>;
}
