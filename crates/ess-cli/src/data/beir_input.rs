//! A file of a BEIR folder that is read from its start, again and again: on a disk, or on an object store.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Result;
#[cfg(feature = "object-store")]
use anyhow::bail;
#[cfg(feature = "object-store")]
use ess_data::{Error, ObjectError, ObjectFolder, ObjectInfo};
use ess_data::{Record, RecordReader};
use serde::de::DeserializeOwned;

use super::beir_file::beir_file;
use crate::arguments::url::is_url;

/// Where the records are.
pub(crate) enum BeirInput {
    File(PathBuf),
    /// As it was when it was found: another one in its place is an error.
    #[cfg(feature = "object-store")]
    Object(Box<(ObjectFolder, ObjectInfo)>),
}

impl BeirInput {
    /// `name` in a folder, or in that of a URL, plain or compressed; in a folder also as Parquet.
    ///
    /// # Errors
    /// When it is not there, or the store cannot be asked, or this build has no object stores.
    pub(crate) fn find(beir: &Path, name: &str) -> Result<Self> {
        match is_url(beir) {
            true => Self::find_object(beir, name),
            false => Ok(Self::File(beir_file(beir, name)?)),
        }
    }

    #[cfg(not(feature = "object-store"))]
    fn find_object(_: &Path, _: &str) -> Result<Self> {
        Err(crate::not_built::object_stores("--beir"))
    }

    #[cfg(feature = "object-store")]
    fn find_object(url: &Path, name: &str) -> Result<Self> {
        let folder = ObjectFolder::open(&url.to_string_lossy())?;
        // A store that does not let one list calls forbidden what is not there.
        let mut forbidden = None;
        for form in super::beir_file::FORMS {
            match folder.find(&format!("{name}{form}")) {
                Ok(Some(object)) => return Ok(Self::Object(Box::new((folder, object)))),
                Ok(None) => {}
                Err(error @ Error::Object(ObjectError::Forbidden { .. })) => {
                    forbidden = forbidden.or(Some(error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        match forbidden {
            Some(error) => Err(error.into()),
            None => bail!(
                "{}: no such object, nor with .gz or .zst; Parquet is read from a disk: fetch it, and give its folder",
                folder.url_of(name)
            ),
        }
    }

    /// Reads it from its start.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn records<R: Record + DeserializeOwned>(&self) -> Result<RecordReader<R>, ess_data::Error> {
        match self {
            Self::File(path) => RecordReader::open(path),
            #[cfg(feature = "object-store")]
            Self::Object(place) => {
                let (folder, object) = &**place;
                let name = folder.url_of(&object.name);
                RecordReader::from_reader(name, folder.read(object), Some(object.bytes))
            }
        }
    }
}

impl fmt::Display for BeirInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "object-store")]
            Self::Object(place) => f.write_str(&place.0.url_of(&place.1.name)),
        }
    }
}
