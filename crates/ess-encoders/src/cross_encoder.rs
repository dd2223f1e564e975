//! A transformer that reads query and item together.

pub(crate) mod encoder;
mod folder;
mod head;
pub(crate) mod pair_cut;
mod pair_tokenizer;
pub(crate) mod query_texts;
pub(crate) mod searcher;
#[cfg(feature = "train")]
pub(crate) mod training;
