//! Files of arrays of values, which are read into memory or mapped.

#[cfg(target_endian = "big")]
compile_error!("files are read as they lie in memory, which is little-endian");

pub(crate) mod contents;
pub(crate) mod format;
mod header;
pub(crate) mod opening;
pub(crate) mod values;
pub(crate) mod write;
