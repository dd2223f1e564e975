//! The settings that a model's files may have: which are heeded, which refused, which change no vector.

pub(crate) mod adapter;
pub(crate) mod clip;
pub(crate) mod colbert;
pub(crate) mod cross_encoder;
pub(crate) mod decoders;
pub(crate) mod encoders;
pub(crate) mod file_settings;
#[cfg(any(feature = "images", test))]
pub(crate) mod image_processor;
mod nearness;
pub(crate) mod rotary;
pub(crate) mod sentence;
mod shared;
pub(crate) mod sparse;
pub(crate) mod static_model;
#[cfg(test)]
mod table;
pub(crate) mod tokenizer;
pub(crate) mod transformer;
#[cfg(test)]
mod written;
