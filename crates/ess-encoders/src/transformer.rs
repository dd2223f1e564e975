//! The transformer encoder: one definition, run by whatever computes it.

pub(crate) mod alibi;
pub(crate) mod attention_shape;
#[cfg(feature = "split")]
mod conversion;
pub(crate) mod convolution;
pub(crate) mod definition;
pub(crate) mod disentangled;
mod forward;
pub(crate) mod host_tokens;
pub(crate) mod loading;
pub(crate) mod operations;
pub(crate) mod token_batch;
