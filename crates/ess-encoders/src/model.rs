//! What stands in a model's folder: its files, its configuration, its tokenizer.

pub(crate) mod folder;
pub(crate) mod settings;
pub(crate) mod tokenizer;
pub(crate) mod transformer_config;

pub use transformer_config::Activation;
