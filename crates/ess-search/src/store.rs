//! Modules as data, and their folders.

pub(crate) mod attachments;
mod folder;
pub(crate) mod soup;
pub(crate) mod state;
