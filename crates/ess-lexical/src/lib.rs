#![doc = include_str!("../README.md")]

mod analyzer;
mod bm25;
mod bm25_config;
mod counted_items;
mod error;
mod language;
mod learned_words;
mod maxima;
mod postings;
mod pruned_search;
mod sparse_index;
mod sparse_index_file;
mod sparse_rows;
mod sparse_vectors;
mod sparse_vectors_file;
mod stemmer;
mod stored_postings;
mod texts;
mod vocabulary;
mod words;

pub use analyzer::TextAnalyzer;
pub use bm25::Bm25Encoder;
pub use bm25_config::Bm25Config;
pub use error::Error;
pub use language::Language;
pub use sparse_index::SparseIndex;
pub use sparse_index_file::{Attached, SparseIndexFile};
pub use sparse_vectors::SparseVectors;
pub use sparse_vectors_file::SparseVectorsFile;
