//! What is trained, as data.

#[cfg(feature = "closed-forms")]
mod closed_form;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod ensemble;
mod entry;
pub(crate) mod interpolation;
pub(crate) mod kind;
pub(crate) mod mixture;
mod one_module;
mod parts;
pub(crate) mod sequence;
pub(crate) mod soup;
pub(crate) mod table;
pub(crate) mod training_memory;
pub(crate) mod weighted_ensemble;
