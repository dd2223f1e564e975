//! What the program says, shows and writes.

#[macro_use]
pub(crate) mod terminal;

pub(crate) mod checkpoints;
pub(crate) mod figures;
pub(crate) mod files;
pub(crate) mod json;
pub(crate) mod mean_interval;
pub(crate) mod options;
pub(crate) mod plot;
pub(crate) mod table;
pub(crate) mod together;
pub(crate) mod with_report;
