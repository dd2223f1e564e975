//! Runs that survive their process.

pub(super) mod file;
mod format;
pub(super) mod identity;
mod optimizer_state;
mod parameters;
pub(crate) mod settings;
mod state;
