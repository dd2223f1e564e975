//! How long rows of codes are.

/// Rows are filled up with zeros to a multiple of this many bytes, a line of the cache.
pub(crate) const LINE: usize = 64;
