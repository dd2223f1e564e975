//! SciFact end to end, through the crates: frozen embeddings in, a trained searching module and its hits out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fitting;
mod frozen;
mod item_disjoint;
mod measuring;
mod official;
mod one_index;
mod reproducible;
mod saved;
mod splits;
