#![doc = include_str!("../README.md")]

mod atomic;
mod checksum;
mod error;

pub use atomic::{remove_partials, write_atomically};
pub use checksum::Checksum;
pub use error::Error;
