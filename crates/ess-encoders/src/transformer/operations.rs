//! What a transformer needs of whatever computes it.

use super::{
    definition::{Linear, Norm, Tables},
    host_tokens::HostTokens,
    token_batch::TokenBatch,
};
use crate::{error::Error, model::transformer_config::Activation};

/// Where and how a transformer is computed.
///
/// `Tokens` are the states of the `T` tokens of a [`TokenBatch`], `T × d`, without padding.
pub(crate) trait Compute {
    /// A table whose rows are looked up.
    type Matrix;
    /// The weight of a linear layer.
    type Weight;
    type Vector;
    type Tokens;

    /// Takes over a table read from a file, row-major.
    fn matrix(&self, values: Vec<f32>, shape: [usize; 2]) -> Self::Matrix;

    /// Takes over a linear layer's weight read from a file, row-major, `d_out × d_in`.
    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> Self::Weight;

    /// Takes over a vector read from a file.
    fn vector(&self, values: Vec<f32>) -> Self::Vector;

    /// The sum of each token's rows of the tables, normalised: `T × d`.
    fn embed(&self, tables: &Tables<Self::Matrix, Self::Vector>, batch: &TokenBatch) -> Self::Tokens;

    /// Layer normalisation of each token.
    fn normalize(&self, tokens: Self::Tokens, norm: &Norm<Self::Vector>) -> Self::Tokens;

    /// `tokens Wᵀ + b`.
    fn project(&self, tokens: &Self::Tokens, linear: &Linear<Self::Weight, Self::Vector>) -> Self::Tokens;

    /// Scaled dot-product attention of each text's tokens (`T × 3d`: query, key, value) to each other: `T × d`.
    fn attend(
        &self,
        qkv: Self::Tokens,
        batch: &TokenBatch,
        heads: usize,
        relative_positions: Option<&Self::Matrix>,
    ) -> Self::Tokens;

    /// `residual + tokens Wᵀ + b`.
    fn add_projection(
        &self,
        residual: Self::Tokens,
        tokens: Self::Tokens,
        linear: &Linear<Self::Weight, Self::Vector>,
    ) -> Self::Tokens;

    /// `tokens + down(activation(up(tokens)))`.
    fn add_feed_forward(
        &self,
        tokens: Self::Tokens,
        up: &Linear<Self::Weight, Self::Vector>,
        activation: Activation,
        down: &Linear<Self::Weight, Self::Vector>,
    ) -> Self::Tokens;

    /// The states in host memory, row-major.
    fn to_host(&self, tokens: &Self::Tokens) -> Result<HostTokens, Error>;
}
