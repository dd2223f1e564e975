//! Trained relations: as searching modules, and as a file.

pub(crate) mod definition;
mod file;
pub(crate) mod mapping;
pub(crate) mod module;
pub(crate) mod queries;
