//! An index that is kept in a file.

use std::path::Path;

use super::definition::Index;
use crate::error::Error;

/// An index that is saved to a file and opened again, with the same rows, answering the same.
///
/// A file is all there or not there: a crash while saving leaves the old one. What is no such file, is of another
/// version, torn or damaged is an error, never a panic.
pub trait PersistentIndex: Index + Sized {
    /// Writes the index to a file, replacing it whole.
    ///
    /// # Errors
    /// [`Error::External`] when the file cannot be written.
    fn save(&self, path: &Path) -> Result<(), Error>;

    /// Reads an index into memory and checks all of it.
    ///
    /// # Errors
    /// [`Error::External`] when the file cannot be read, is of another kind or version, or is damaged.
    fn open(path: &Path) -> Result<Self, Error>;

    /// Maps an index into memory without reading it all: milliseconds, whatever its size.
    ///
    /// Only the header is checked. Damage behind it gives wrong answers or errors, but no panic;
    /// [`PersistentIndex::verify`] finds it. The file must not be changed in place while it is mapped: the operating
    /// system ends a process that reads where a file has been cut (`SIGBUS`). Replacing it whole, as
    /// [`PersistentIndex::save`] does, is fine; where others may write to it, use [`PersistentIndex::open`].
    ///
    /// # Errors
    /// [`Error::External`] when the file cannot be mapped, is of another kind or version, or is torn.
    fn open_mapped(path: &Path) -> Result<Self, Error>;

    /// Reads a file once and checks all of it.
    ///
    /// # Errors
    /// As [`PersistentIndex::open`].
    fn verify(path: &Path) -> Result<(), Error> {
        Self::open(path).map(drop)
    }
}
