#![doc = include_str!("../README.md")]

mod error;
mod flat;
mod kernel;
mod storage;

pub use error::Error;
pub use flat::FlatIndex;
pub use storage::Storage;
