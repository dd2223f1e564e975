//! An open index file, with the errors of this crate.

use std::path::Path;

use bytemuck::Pod;
use ess_files::{Format, Numbers, Opening, SectionFile};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The format of index files.
pub(crate) const FORMAT: Format = Format { magic: b"ESSINDEX", version: 1, what: "an index file" };

/// A file whose header has been checked, for a kind of index to take its sections from.
#[derive(Debug)]
pub struct Contents(SectionFile);

impl Contents {
    pub(crate) fn open(path: &Path, opening: Opening) -> Result<Self, Error> {
        Ok(Self(SectionFile::open(FORMAT, path, opening)?))
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The kind of index that the file has.
    pub(crate) fn kind(&self) -> &str {
        self.0.kind()
    }

    /// What the kind says about itself.
    pub(crate) fn about<A: DeserializeOwned>(&self, kind: &str) -> Result<A, Error> {
        Ok(self.0.about(kind)?)
    }

    /// Whether the file has a section of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    /// A section of `count` numbers, or of any count with `None`.
    pub(crate) fn numbers<T: Pod>(&self, name: &str, count: Option<usize>) -> Result<Numbers<T>, Error> {
        Ok(self.0.numbers(name, count)?)
    }

    /// Reads every section once and checks it, those included that its kind has no use for, such as ids.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        Ok(self.0.verify()?)
    }

    /// What was expected of the file and what was found.
    pub(crate) fn mismatch(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        self.0.mismatch(expected, found).into()
    }
}
