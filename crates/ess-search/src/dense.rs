//! Exchange with sentence-transformers: searching modules as its `Dense` modules.

mod affine;
mod exchange;
mod folder;
pub(crate) mod layer;
pub(crate) mod layers;
mod residual;
