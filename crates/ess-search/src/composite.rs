//! Kinds that consist of other modules.

pub(crate) mod ensemble;
pub(crate) mod interpolation;
pub(crate) mod mixture_of_experts;
mod nested;
pub(crate) mod part;
pub(crate) mod sequence;
pub(crate) mod weighted_ensemble;
