#![doc = include_str!("../README.md")]

mod entries;
mod error;
mod qrels;
mod run;

pub use entries::Entries;
pub use error::Error;
pub use qrels::Qrels;
pub use run::Run;
