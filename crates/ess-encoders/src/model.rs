//! What stands in a model's folder: its files, its configuration, its tokenizer.

pub(crate) mod activation;
pub(crate) mod adapter_config;
pub(crate) mod architecture;
pub(crate) mod chat_template;
mod clip_config;
pub(crate) mod disentangled;
pub(crate) mod folder;
pub(crate) mod layer_groups;
mod layer_pattern;
mod own_code;
mod positions;
mod raw_config;
mod rotary;
pub(crate) mod settings;
pub(crate) mod text_end;
pub(crate) mod tokenizer;
pub(crate) mod transformer_config;

pub use activation::Activation;
