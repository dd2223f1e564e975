//! What can go wrong when an index is built.

/// The error of building an index.
///
/// Searching fails with [`ess_core::Error`], into which this one turns by `?`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number of an item that is too large for the storage asked for.
    #[error(
        "item {item}, dimension {dimension}: {value} is beyond ±{largest}, the largest number that the storage holds"
    )]
    BeyondStorage {
        /// The item's row, from 0.
        item: usize,
        /// The dimension, from 0.
        dimension: usize,
        /// The number found.
        value: f32,
        /// The largest magnitude that the storage holds.
        largest: f32,
    },
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        Self::external(error)
    }
}
