//! Where records come from: lines of JSON, or rows of Parquet.

use std::path::Path;

use serde::de::DeserializeOwned;

#[cfg(all(feature = "object-store", feature = "parquet"))]
use crate::objects::{folder::ObjectFolder, info::ObjectInfo};
#[cfg(feature = "parquet")]
use crate::parquet_rows::ParquetRows;
use crate::{error::Error, lines::Lines, record::Record};

/// Records one by one, and the place of the one that was read last.
pub(crate) enum RecordSource {
    Lines(Lines),
    #[cfg(feature = "parquet")]
    Rows(ParquetRows),
}

impl RecordSource {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        #[cfg(feature = "parquet")]
        if let Some(rows) = ParquetRows::open(path)? {
            return Ok(Self::Rows(rows));
        }
        Ok(Self::Lines(Lines::open(path)?))
    }

    #[cfg(all(feature = "object-store", feature = "parquet"))]
    pub(crate) fn of_objects(folder: &ObjectFolder, objects: &[ObjectInfo]) -> Self {
        Self::Rows(ParquetRows::of_objects(folder, objects))
    }

    /// The next record, or `None` at the end.
    pub(crate) fn next<T: Record + DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        match self {
            Self::Lines(lines) => next_line(lines),
            #[cfg(feature = "parquet")]
            Self::Rows(rows) => rows.next(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Lines(lines) => lines.path(),
            #[cfg(feature = "parquet")]
            Self::Rows(rows) => rows.path(),
        }
    }

    /// The line, from 1, or the row, from 0, that was read last.
    pub(crate) fn place(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.line(),
            #[cfg(feature = "parquet")]
            Self::Rows(rows) => rows.row(),
        }
    }

    /// An error that names the record read last.
    pub(crate) fn error(&self, expected: &str, found: &str) -> Error {
        match self {
            Self::Lines(lines) => lines.error(expected, found),
            #[cfg(feature = "parquet")]
            Self::Rows(rows) => rows.error(expected, found),
        }
    }

    /// The record read last has the id of an earlier one.
    pub(crate) fn duplicate(&self, what: &'static str, id: &str, first: u64) -> Error {
        let (path, id) = (self.path().to_owned(), id.to_owned());
        match self {
            Self::Lines(lines) => Error::DuplicateLine { path, line: lines.line(), what, id, first },
            #[cfg(feature = "parquet")]
            Self::Rows(rows) => Error::DuplicateRow { path, row: rows.row(), what, id, first },
        }
    }
}

fn next_line<T: Record + DeserializeOwned>(lines: &mut Lines) -> Result<Option<T>, Error> {
    let Some(text) = lines.next()? else { return Ok(None) };
    // Serde would take the entries of an array for the fields, in their order.
    if text.trim_ascii_start().starts_with('[') {
        return Err(lines.error(format!("a JSON {}", T::WHAT), "an array"));
    }
    let parsed: Result<T, _> = serde_json::from_str(text);
    parsed.map(Some).map_err(|error| {
        let found = error.to_string().replace(" at line 1 column ", " at column ");
        lines.error(format!("a JSON {}", T::WHAT), found)
    })
}
