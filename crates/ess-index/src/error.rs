//! Errors of building an index and of index files.

use std::path::{Path, PathBuf};

use crate::identified::item_vectors::ItemVectors;

/// An error of building an index, or of its file.
///
/// Searching fails with [`ess_core::Error`]; `?` converts this error into it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A component of an item that is too large for the storage.
    #[error(
        "item {item}, dimension {dimension}: {value} exceeds ±{largest}, the largest magnitude that the storage holds"
    )]
    BeyondStorage {
        /// The item's row, from 0.
        item: usize,
        /// The dimension, from 0.
        dimension: usize,
        /// The component.
        value: f32,
        /// The largest magnitude that the storage holds.
        largest: f32,
    },
    /// An error of `ess-core`.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
    /// Another error of `ess-files`: another program writes the file at the same time.
    #[error(transparent)]
    Files(ess_files::Error),
    /// A file could not be read or written.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// A file of another format, version or kind than expected, or one that was cut off.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A part of a file that has changed since it was written.
    #[error("{path}: {what} is damaged: its checksum should be {expected} and is {found}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part of the file.
        what: String,
        /// The checksum in the file.
        expected: String,
        /// The checksum of the bytes in the file.
        found: String,
    },
    /// An index of other vectors of its items than queries are mapped for.
    #[error("{path}: expected {expected}, found {found}: {remedy}", path = path.display(), remedy = remedy(expected, found))]
    OtherVectors {
        /// The file.
        path: PathBuf,
        /// The vectors that queries are mapped for.
        expected: ItemVectors,
        /// The vectors that the index has.
        found: ItemVectors,
    },
    /// A shared index that is refused because a change of it ended in a panic.
    #[error("the shared index may be half changed: a change of it ended in a panic; open or build it anew")]
    HalfChanged,
    /// More items than an index can hold.
    #[error("{found} items, expected at most {most}")]
    TooManyItems {
        /// The largest number of items.
        most: usize,
        /// The number of items asked for.
        found: usize,
    },
}

impl Error {
    /// To map a failure of the operating system with the file that it happened to.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |cause| Self::Io { path, cause }
    }

    /// Refuses vectors whose sums of products of bytes could overflow.
    pub(crate) fn check_byte_dim(dim: usize) -> Result<(), Self> {
        if dim <= 1 << 16 {
            return Ok(());
        }
        let (name, expected) = ("dimensions of int8 codes", "at most 65536");
        Err(ess_core::Error::InvalidParameter { name, expected, found: dim.to_string() }.into())
    }

    /// Refuses more items than 32 bits can name.
    pub(crate) fn check_items(items: usize) -> Result<(), Self> {
        let most = u32::MAX as usize;
        if items > most { Err(Self::TooManyItems { most, found: items }) } else { Ok(()) }
    }
}

/// What to do about an index of other vectors.
fn remedy(expected: &ItemVectors, found: &ItemVectors) -> &'static str {
    match (expected, found) {
        (ItemVectors::Encoded, ItemVectors::Moved(_)) => {
            "search with the module that moved them (`--module`), or build an index without it"
        }
        _ => "build the index with that module (`ess index build --module`)",
    }
}

impl From<ess_files::Error> for Error {
    fn from(error: ess_files::Error) -> Self {
        use ess_files::Error as Of;
        match error {
            Of::Io { path, cause } => Self::Io { path, cause },
            Of::Format { path, expected, found } => Self::Format { path, expected, found },
            Of::Damaged { path, what, expected, found } => Self::Damaged { path, what, expected, found },
            error => Self::Files(error),
        }
    }
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::external(error),
        }
    }
}
