//! Fusion of several runs into one.

mod contribution;
mod method;
mod normalization;
mod reciprocal_rank;
mod score;

pub use method::Fusion;
pub use normalization::Normalization;
pub use reciprocal_rank::reciprocal_rank;
pub use score::Score;
