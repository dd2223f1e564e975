//! What stands in a model's folder: its files, its configuration, its tokenizer.

mod folder;
pub(crate) mod settings;
mod tokenizer;
mod transformer_config;

pub(crate) use folder::ModelFolder;
pub(crate) use tokenizer::{FEWEST_TOKENS, TextTokenizer, TokenIds, longest_text};
pub use transformer_config::Activation;
pub(crate) use transformer_config::{Family, TransformerConfig};
