#![doc = include_str!("../README.md")]

mod error;
mod file;
mod flat;
mod kernel;
mod live_rows;
mod open;
mod shared;
mod storage;

pub use error::Error;
pub use flat::{FlatBuilder, FlatIndex};
pub use open::{open, open_mapped};
pub use shared::SharedIndex;
pub use storage::Storage;
