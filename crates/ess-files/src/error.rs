//! What can go wrong with a file.

use std::path::{Path, PathBuf};

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
    /// Another process, or another thread of this one, is writing there.
    #[error("{path}: another writer is at work there", path = path.display())]
    Busy {
        /// The file or folder.
        path: PathBuf,
    },
    /// A checksum that is not written as this crate writes it.
    #[error("not a checksum: expected `xxh3-64:` and 16 hexadecimal digits, found {found:?}")]
    MalformedChecksum {
        /// The text found.
        found: String,
    },
    /// A text that was altered after it was sealed.
    #[error("damaged or altered: expected checksum {expected}, found {found}")]
    Altered {
        /// The checksum that the text carries.
        expected: String,
        /// The checksum of the text that is there.
        found: String,
    },
    /// Bytes of another format or version than expected, or too few of them.
    #[error("expected {expected}, found {found}")]
    Bytes {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
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
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }

    #[cfg(feature = "sections")]
    pub(crate) fn format(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Format { path: path.to_owned(), expected: expected.into(), found: found.into() }
    }
}
