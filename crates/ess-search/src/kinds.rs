//! The kinds of searching module that have no parts, a file for each.

pub(crate) mod diagonal;
pub(crate) mod fixed;
pub(crate) mod gated_selection;
pub(crate) mod hypencoder;
pub(crate) mod key_value_memory;
pub(crate) mod layer_attention;
pub(crate) mod linear;
pub(crate) mod low_rank;
pub(crate) mod mlp;
pub(crate) mod orthogonal;
pub(crate) mod poly_encoder;
mod pooled_states;
pub(crate) mod similarity_attention;
pub(crate) mod token_attention;
pub(crate) mod transformer;
