//! The operations that a transformer is made of, run on the CPU and on Burn's devices.

#[cfg(feature = "device")]
pub(crate) mod device;
pub(crate) mod host;
pub(crate) mod place;
pub(crate) mod precision;
mod relative_position;
