//! One run made of several.

mod contribution;
mod method;
mod normalization;

pub use method::Fusion;
pub use normalization::Normalization;
