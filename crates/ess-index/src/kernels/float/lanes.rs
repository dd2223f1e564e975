//! How many items a panel interleaves.

/// How many items a panel interleaves.
pub(crate) const LANES: usize = 48;

/// How many of them a [`Strip`](super::strip::Strip) has.
pub(crate) const STRIP_LANES: usize = 16;
