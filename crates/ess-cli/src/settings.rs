//! The settings of a run, as a file and with the module that it made.

pub(crate) mod attached;
#[cfg(feature = "relations")]
pub(crate) mod relation_training;
pub(crate) mod run_config;
pub(crate) mod written;
