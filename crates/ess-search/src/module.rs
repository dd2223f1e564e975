//! The traits that a searching module implements, and types that hold modules of any kind.

pub(crate) mod any_module;
pub(crate) mod composite_module;
pub(crate) mod config;
pub(crate) mod device_encoding;
pub(crate) mod noise;
pub(crate) mod on_device;
mod parameters;
pub(crate) mod persistent;
pub(crate) mod registry;
pub(crate) mod token_tensors;
pub(crate) mod trainable;
mod trainable_kind;
