//! The settings of a run, as a file and with the module that it made.

pub(crate) mod attached;
pub(crate) mod run_config;
