//! Copies to and from a device, its memory, and exact search on it.

pub(crate) mod host_copy;
pub(crate) mod index;
pub(crate) mod memory;
#[cfg(feature = "wgpu")]
pub(crate) mod wgpu_adapter;
