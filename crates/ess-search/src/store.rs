//! Modules as data in host memory, and their folders.

pub(crate) mod attachments;
pub(crate) mod checksum;
mod folder;
mod manifest;
mod regular_file;
mod replaced;
pub(crate) mod soup;
pub(crate) mod state;
mod weights;
