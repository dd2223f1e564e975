//! An open index file, with the errors of this crate.

use std::path::Path;

use bytemuck::Pod;
use ess_files::{Format, Opening, SectionFile, Values};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The format of index files.
pub(crate) const FORMAT: Format = Format { magic: b"ESSINDEX", version: 1, what: "an index file" };

/// A file whose header has been checked, for a kind of index to take its sections from.
#[derive(Debug)]
pub struct Contents {
    file: SectionFile,
    is_checked: bool,
}

impl Contents {
    pub(crate) fn open(path: &Path, opening: Opening) -> Result<Self, Error> {
        let file = SectionFile::open(FORMAT, path, opening)?;
        Ok(Self { file, is_checked: opening != Opening::MappedUnverified })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Whether sections are checked against their checksums, and so may be read through to see that they fit together.
    pub(crate) fn is_checked(&self) -> bool {
        self.is_checked
    }

    /// The kind of index that the file has.
    pub(crate) fn kind(&self) -> &str {
        self.file.kind()
    }

    /// What the kind says about itself.
    pub(crate) fn about<A: DeserializeOwned>(&self, kind: &str) -> Result<A, Error> {
        Ok(self.file.about(kind)?)
    }

    /// Whether the file has a section of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file.has(name)
    }

    /// A section of `count` values, or of any count with `None`.
    pub(crate) fn values<T: Pod>(&self, name: &str, count: Option<usize>) -> Result<Values<T>, Error> {
        Ok(self.file.values(name, count)?)
    }

    /// Reads every section once and checks it, those included that its kind has no use for, such as ids.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        Ok(self.file.verify()?)
    }

    /// What was expected of the file and what was found.
    pub(crate) fn mismatch(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        self.file.mismatch(expected, found).into()
    }
}
