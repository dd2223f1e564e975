#![doc = include_str!("../README.md")]

mod analyzer;
mod bm25;
mod counted_items;
mod postings;
mod pruned_search;
mod sparse_index;
mod sparse_rows;
mod sparse_vectors;
mod stemmer;
mod vocabulary;
mod words;

pub use analyzer::{Language, TextAnalyzer};
pub use bm25::{Bm25Config, Bm25Encoder};
pub use sparse_index::SparseIndex;
pub use sparse_vectors::SparseVectors;
