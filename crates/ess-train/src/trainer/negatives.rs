//! Items that are not relevant, mined with the index.

pub(crate) mod config;
pub(super) mod mapped;
pub(crate) mod mined;
pub(super) mod mining;
pub(crate) mod report;
