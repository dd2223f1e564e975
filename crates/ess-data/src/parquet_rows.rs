//! Records as rows of Parquet files.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use parquet::record::{Field, Row, reader::RowIter};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[cfg(feature = "object-store")]
use crate::objects::{chunks::ObjectChunks, folder::ObjectFolder, info::ObjectInfo};
use crate::{
    error::Error,
    parquet_shard::{Shard, caught},
    record::Record,
};

const MAGIC: &[u8] = b"PAR1";
const ID: &str = "_id";

/// The rows of one file, of the `.parquet` files of a folder in the order of their names, or of objects.
pub(crate) struct ParquetRows {
    /// What was opened.
    path: PathBuf,
    /// The files that come next, the last of them first.
    next: Vec<Shard>,
    file: PathBuf,
    rows: Option<RowIter<'static>>,
    /// How many rows were read, of all files.
    read: u64,
}

impl ParquetRows {
    /// `None` for a file of another kind.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Error> {
        let files = match path.is_dir() {
            true => files_of(path)?,
            false if is_parquet(path)? => vec![path.to_owned()],
            false => return Ok(None),
        };
        Ok(Some(Self::of(path.to_owned(), files.into_iter().map(Shard::File).collect())))
    }

    /// Those of objects of a folder, one behind the other.
    #[cfg(feature = "object-store")]
    pub(crate) fn of_objects(folder: &ObjectFolder, objects: &[ObjectInfo]) -> Self {
        let path = match objects {
            [only] => folder.url_of(&only.name),
            _ => folder.url().to_owned(),
        };
        let shard = |object: &ObjectInfo| Shard::Object {
            name: folder.url_of(&object.name).into(),
            chunks: ObjectChunks::new(folder, object),
        };
        Self::of(path.into(), objects.iter().rev().map(shard).collect())
    }

    fn of(path: PathBuf, next: Vec<Shard>) -> Self {
        Self { file: path.clone(), path, next, rows: None, read: 0 }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the row read last, from 0, over all files.
    pub(crate) fn row(&self) -> u64 {
        self.read.saturating_sub(1)
    }

    /// An error that names the row read last.
    pub(crate) fn error(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Row {
            path: self.path.clone(),
            row: self.row(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The next record, or `None` at the end.
    pub(crate) fn next<T: Record + DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let Some(row) = self.next_row()? else { return Ok(None) };
        self.read += 1;
        let found = serde_json::from_value(Value::Object(json_of(&row)));
        found.map(Some).map_err(|error| {
            let expected = format!("columns of {} {}", article_of(T::WHAT), T::WHAT);
            self.error(expected, format!("{error}; {}", described(&row)))
        })
    }

    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        loop {
            if let Some(rows) = &mut self.rows
                && let Some(row) = caught(&self.file, || rows.next().transpose())?
            {
                return Ok(Some(row));
            }
            let Some(shard) = self.next.pop() else { return Ok(None) };
            self.file = shard.path().to_owned();
            self.rows = Some(shard.rows()?);
        }
    }
}

fn article_of(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn is_parquet(path: &Path) -> Result<bool, Error> {
    // A pipe is not opened twice: who writes to it would be told that nobody reads.
    if !std::fs::metadata(path).map_err(Error::io(path))?.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    let file = File::open(path).map_err(Error::io(path))?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(Error::io(path))?;
    Ok(start == MAGIC)
}

/// The `.parquet` files of a folder, the last name first.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut files = paths.collect::<Result<Vec<_>, _>>().map_err(Error::io(folder))?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "parquet"));
    if files.is_empty() {
        return Err(Error::format(
            folder,
            "a file, or a folder with .parquet files",
            "a folder without them",
        ));
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    Ok(files)
}

/// What columns a row has, and which of them hold what is not read.
fn described(row: &Row) -> String {
    let of_column = |(name, field): (&String, &Field)| match field {
        Field::Bytes(_) if is_unreadable(field) => format!("{name} (bytes that are not UTF-8)"),
        _ if is_unreadable(field) => format!("{name} (a type that is not read)"),
        _ => name.clone(),
    };
    let columns: Vec<String> = row.get_column_iter().map(of_column).collect();
    format!("the columns that are not nested are {}", columns.join(", "))
}

fn is_unreadable(field: &Field) -> bool {
    value_of(field).is_object()
}

fn json_of(row: &Row) -> Map<String, Value> {
    let columns = row.get_column_iter().map(|(name, field)| (name.clone(), value_of(field)));
    let mut record: Map<String, Value> = columns.collect();
    let id = record.remove(ID).or_else(|| record.remove("id"));
    if let Some(id) = id {
        let id = if id.is_u64() || id.is_i64() { Value::String(id.to_string()) } else { id };
        record.insert(ID.to_owned(), id);
    }
    record
}

fn value_of(field: &Field) -> Value {
    match field {
        Field::Str(text) => text.as_str().into(),
        // Texts of writers that do not say so.
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).map_or_else(|_| unreadable(), Value::from),
        Field::Bool(value) => (*value).into(),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => (*value).into(),
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float(value) => (*value).into(),
        Field::Double(value) => (*value).into(),
        Field::Null => Value::Null,
        _ => unreadable(),
    }
}

/// What is not read, such as a date: no null, which would be taken for an empty title.
fn unreadable() -> Value {
    Value::Object(Map::new())
}
