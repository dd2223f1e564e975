//! Copies to and from a device, the memory of a device, and exact search on it.

pub(crate) mod host_copy;
pub(crate) mod index;
pub(crate) mod memory;
#[cfg(feature = "wgpu")]
pub(crate) mod wgpu_adapter;
