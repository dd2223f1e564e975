//! What can go wrong when an index is built or kept in a file.

use std::path::{Path, PathBuf};

/// The error of building an index, and of its files.
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
    /// What `ess-core` refuses too.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
    /// A file could not be written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// A file could not be read.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file that is not what was to be opened: of another format, version or kind, or torn.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// Bytes that have changed since they were written.
    #[error("{path}: {what} is damaged: its checksum should be {expected} and is {found}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part of it.
        what: String,
        /// The checksum written.
        expected: String,
        /// The checksum of what is there.
        found: String,
    },
    /// A shared index of which a change ended in a panic.
    #[error("the shared index may be half changed: a change of it ended in a panic; open or build it anew")]
    HalfChanged,
    /// More items than an index can name.
    #[error("{found} items, expected at most {most}")]
    TooManyItems {
        /// The most it can name.
        most: usize,
        /// The items there would be.
        found: usize,
    },
}

impl Error {
    /// To map a failure of the operating system with the file that it happened to.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |cause| Self::Io { path, cause }
    }

    pub(crate) fn format(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Format { path: path.to_owned(), expected: expected.into(), found: found.into() }
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

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::external(error),
        }
    }
}
