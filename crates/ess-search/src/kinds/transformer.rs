//! Kinds with a small transformer over a few vectors of one text.

pub(crate) mod layer_transformer;
pub(crate) mod small_transformer;
pub(crate) mod token_transformer;
