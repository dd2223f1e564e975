//! Kinds of indexes, as the sections of their files.

use std::path::Path;

use ess_core::Index;
use ess_files::{Section, write_sections};
use serde::{Serialize, de::DeserializeOwned};

use super::contents::{Contents, FORMAT};
use crate::error::Error;

/// What a kind of index says of itself for its file.
pub(crate) trait Stored: Index + Sized {
    /// The kind's name in files; it never changes.
    const KIND: &'static str;

    /// Sizes and settings.
    type About: Serialize + DeserializeOwned;

    /// Sizes and settings of this index.
    fn about(&self) -> Self::About;

    /// The arrays of this index.
    fn sections(&self) -> Vec<Section<'_>>;

    /// The index that [`Stored::about`] and [`Stored::sections`] were of.
    fn from_contents(about: Self::About, contents: &Contents) -> Result<Self, Error>;

    /// Whether a row has an item that is not removed.
    fn has_row(&self, row: usize) -> bool;

    /// Writes the index to a file.
    fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(write_sections(FORMAT, path, Self::KIND, &self.about(), &self.sections())?)
    }

    /// The index that a file has.
    fn from_file(contents: &Contents) -> Result<Self, Error> {
        Self::from_contents(contents.about(Self::KIND)?, contents)
    }
}

/// Implements `ess_core::PersistentIndex` for kinds that are [`Stored`].
macro_rules! persistent {
    ($($index:ty),*) => {$(
        impl ess_core::PersistentIndex for $index {
            fn save(&self, path: &std::path::Path) -> Result<(), ess_core::Error> {
                Ok($crate::file::stored::Stored::write(self, path)?)
            }

            fn open(path: &std::path::Path) -> Result<Self, ess_core::Error> {
                Ok($crate::file::stored::Stored::from_file(&$crate::file::contents::Contents::open(path, ess_files::Opening::Read)?)?)
            }

            fn open_mapped(path: &std::path::Path) -> Result<Self, ess_core::Error> {
                Ok($crate::file::stored::Stored::from_file(&$crate::file::contents::Contents::open(path, ess_files::Opening::MappedUnverified)?)?)
            }
        }
    )*};
}

pub(crate) use persistent;
