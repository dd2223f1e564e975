//! The representations of this crate, a file each.

pub(super) mod late_chunks;
pub(super) mod layer;
pub(super) mod pooled;
pub(super) mod sentences;
