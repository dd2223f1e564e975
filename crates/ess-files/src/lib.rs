//! Durable files: written whole or not at all, with checksums.
//!
//! A reader never sees half a file: [`write_atomically`] writes to a temporary name in the same folder, syncs, and
//! renames. [`Checksum`] tells a torn or altered file from a good one.

mod atomic;
mod checksum;
mod error;

pub use atomic::write_atomically;
pub use checksum::Checksum;
pub use error::Error;
