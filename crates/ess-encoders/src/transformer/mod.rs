//! The transformer encoder: one definition, run by whatever computes it.

#[cfg(feature = "split")]
mod conversion;
mod definition;
mod loading;
mod token_batch;

pub(crate) use definition::{Block, Linear, Norm, Tables, Transformer};
pub(crate) use loading::load_transformer;
pub(crate) use token_batch::TokenBatch;
