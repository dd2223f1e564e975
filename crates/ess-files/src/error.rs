//! What can go wrong with a file.

use std::path::PathBuf;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A checksum that is not written as this crate writes it.
    #[error("not a checksum: expected `xxh3-64:` and 16 hexadecimal digits, found {found:?}")]
    MalformedChecksum {
        /// The text found.
        found: String,
    },
}
