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
#[cfg(all(feature = "object-store", feature = "parquet"))]
use super::parquet_objects::parquet_objects;
use crate::arguments::url::is_url;

/// Where the records are.
pub(crate) enum BeirInput {
    File(PathBuf),
    /// As it was when it was found: another one in its place is an error.
    #[cfg(feature = "object-store")]
    Object(Box<(ObjectFolder, ObjectInfo)>),
    /// The same of one or several objects in Parquet.
    #[cfg(all(feature = "object-store", feature = "parquet"))]
    Parquet(Box<(ObjectFolder, Vec<ObjectInfo>)>),
}

impl BeirInput {
    /// `name` in a folder, or in that of a URL, plain or compressed, or as Parquet.
    ///
    /// # Errors
    /// When it is not there, or the store cannot be asked, or this build has no object stores, or the file is there as Parquet alone
    /// and this build does not read that.
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
        let mut forbidden = None;
        for form in super::beir_file::FORMS {
            if let Some(object) = allowed(folder.find(&format!("{name}{form}")), &mut forbidden)? {
                return Ok(Self::Object(Box::new((folder, object))));
            }
        }
        #[cfg(feature = "parquet")]
        if let Some(found) = allowed(parquet_objects(&url.to_string_lossy(), &folder, name), &mut forbidden)?
        {
            return Ok(Self::Parquet(Box::new(found)));
        }
        let parquet = match cfg!(feature = "parquet") {
            true => ", nor as Parquet",
            false => "; Parquet is read by an ess that is built with --features parquet",
        };
        match forbidden {
            Some(error) => Err(error.into()),
            None => bail!("{}: no such object, nor with .gz or .zst{parquet}", folder.url_of(name)),
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
            #[cfg(all(feature = "object-store", feature = "parquet"))]
            Self::Parquet(place) => Ok(RecordReader::open_objects(&place.0, &place.1)),
        }
    }
}

impl fmt::Display for BeirInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "object-store")]
            Self::Object(place) => f.write_str(&place.0.url_of(&place.1.name)),
            #[cfg(all(feature = "object-store", feature = "parquet"))]
            Self::Parquet(place) => match &place.1[..] {
                [only] => f.write_str(&place.0.url_of(&only.name)),
                _ => f.write_str(place.0.url()),
            },
        }
    }
}

/// What was found. A store that does not let one list calls forbidden what is not there: the first of such errors is kept.
#[cfg(feature = "object-store")]
fn allowed<T>(found: Result<Option<T>, Error>, forbidden: &mut Option<Error>) -> Result<Option<T>, Error> {
    match found {
        Err(error @ Error::Object(ObjectError::Forbidden { .. })) => {
            forbidden.get_or_insert(error);
            Ok(None)
        }
        found => found,
    }
}
