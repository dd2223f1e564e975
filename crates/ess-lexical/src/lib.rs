#![doc = include_str!("../README.md")]

mod analyzer;
mod bm25;
mod sparse_index;
mod sparse_vectors;
mod stemmer;

pub use analyzer::{Language, TextAnalyzer};
pub use bm25::{Bm25Config, Bm25Encoder};
pub use sparse_index::SparseIndex;
pub use sparse_vectors::SparseVectors;
