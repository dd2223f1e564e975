//! Encoded queries with the items that are relevant to them.

mod attachments;
pub(crate) mod definition;
mod selection;
