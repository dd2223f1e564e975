//! An engine as an index.

mod index;
mod writing;

pub use index::EngineIndex;
