//! Exact inner products with single rows, for the candidates that an approximate pass leaves.

mod dot;
mod rows;

pub(crate) use dot::dot;
pub(crate) use rows::Rows;
