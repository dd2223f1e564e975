//! The tokenizer of a model, as its folder has it.

mod added;
mod checks;
mod config;
pub(crate) mod length;
mod recut;
pub(crate) mod text_tokenizer;
pub(crate) mod token_ids;
mod vocabulary;
pub(crate) mod windows;
mod written;
