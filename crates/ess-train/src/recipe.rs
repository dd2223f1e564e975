//! How a searching module comes from training queries.

#[cfg(feature = "closed-forms")]
pub(crate) mod closed_form;
pub(crate) mod copies;
pub(crate) mod definition;
pub(crate) mod ensemble;
mod held_out;
pub(crate) mod interpolation;
pub(crate) mod module;
pub(crate) mod record;
pub(crate) mod runs;
pub(crate) mod soup;
pub(crate) mod trained;
pub(crate) mod training_memory;
pub(crate) mod weighted_ensemble;
