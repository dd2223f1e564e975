//! How many items a panel interleaves.

/// How many items a panel interleaves.
pub(crate) const LANES: usize = 48;
