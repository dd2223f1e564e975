//! The transformer encoder: one definition, run by whatever computes it.

mod definition;
mod loading;
mod token_batch;

pub(crate) use definition::{Block, Linear, Norm, Tables, Transformer};
pub(crate) use loading::load_transformer;
pub(crate) use token_batch::TokenBatch;
