//! `corpus.jsonl` and `queries.jsonl`, plain, as `.jsonl.gz` or as Parquet.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use foldhash::fast::RandomState;
use serde::{Serialize, de::DeserializeOwned};

#[cfg(all(feature = "object-store", feature = "parquet"))]
use crate::objects::{folder::ObjectFolder, info::ObjectInfo};
use crate::{
    error::Error,
    lines::{Lines, write_lines},
    record::Record,
    record_source::RecordSource,
};

/// Reads records one by one: memory for one record and the ids seen so far.
///
/// Compressed files are recognised by their content. Blank lines, CRLF line ends and a leading byte order mark are fine;
/// a line longer than 64 MiB is not. After an error it ends.
///
/// With the feature `parquet`, Parquet files are recognised by their content too, and a folder stands for the `.parquet`
/// files in it, in the order of their names, as Hugging Face data sets have them. A row is read as a JSON record of its
/// columns; those that are nested are left out. A column `id` is read as `_id` where there is none, and an id that is a whole
/// number as its digits. Memory is that of some thousand rows.
///
/// ```
/// use ess_data::{Item, RecordReader, write_records};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("corpus.jsonl.gz");
/// let items = [Item { id: "d1".into(), title: String::new(), text: "The moon pulls.".into() }];
/// write_records(&path, &items)?;
/// for item in RecordReader::<Item>::open(&path)? {
///     assert_eq!(item?, items[0]);
/// }
/// # Ok::<(), ess_data::Error>(())
/// ```
pub struct RecordReader<T> {
    source: RecordSource,
    /// For each id the line or the row that had it.
    first_places: HashMap<Box<str>, u64, RandomState>,
    ended: bool,
    record: PhantomData<fn() -> T>,
}

impl<T: Record + DeserializeOwned> RecordReader<T> {
    /// Opens a file, or with the feature `parquet` a folder.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] for a damaged Parquet file and a folder without one. The records themselves may each be
    /// [`Error::Line`] or [`Error::Row`], [`Error::DuplicateLine`] or [`Error::DuplicateRow`], or, in a file without any,
    /// [`Error::EmptyFile`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self::new(RecordSource::open(path.as_ref())?))
    }

    /// Reads lines of JSON, plain or compressed, from anywhere: `name` stands in errors where the path of a file would, and
    /// `bytes` is how many there are, where that is known, by which one that unpacks without end is told.
    ///
    /// ```
    /// use ess_data::{Query, RecordReader};
    ///
    /// let lines = "{\"_id\": \"q1\", \"text\": \"why?\"}\n{}\n";
    /// let mut queries = RecordReader::<Query>::from_reader("standard input", lines.as_bytes(), None)?;
    /// assert_eq!(queries.next().unwrap()?.id, "q1");
    /// assert!(queries.next().unwrap().unwrap_err().to_string().starts_with("standard input, line 2: "));
    /// # Ok::<(), ess_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`], or the reader's own where it holds an error of this crate; Parquet is not read from a stream. The records
    /// themselves may be as of [`open`](Self::open).
    pub fn from_reader(
        name: impl Into<PathBuf>,
        reader: impl Read + Send + 'static,
        bytes: Option<u64>,
    ) -> Result<Self, Error> {
        Ok(Self::new(RecordSource::Lines(Lines::of(name.into(), reader, bytes)?)))
    }

    /// Reads Parquet objects, one behind the other in the order given, as [`open`](Self::open) reads files. Of each only the blocks
    /// with the columns that have one value a row are asked for, and with what describes them; memory is also that of eight blocks
    /// ([`ObjectSettings::block_bytes`](crate::ObjectSettings::block_bytes)).
    ///
    /// ```
    /// use ess_data::{Item, ObjectFolder, RecordReader};
    ///
    /// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/parquet/corpus");
    /// let folder = ObjectFolder::open(&format!("file://{folder}"))?;
    /// let items = RecordReader::<Item>::open_objects(&folder, &folder.list()?);
    /// assert_eq!(items.collect::<Result<Vec<_>, _>>()?.len(), 3);
    /// # Ok::<(), ess_data::Error>(())
    /// ```
    ///
    /// Nothing is read yet. The records may each be as of [`open`](Self::open), or [`Error::Object`] where an object cannot be read or
    /// is no longer what it was.
    #[cfg(all(feature = "object-store", feature = "parquet"))]
    pub fn open_objects(folder: &ObjectFolder, objects: &[ObjectInfo]) -> Self {
        Self::new(RecordSource::of_objects(folder, objects))
    }

    fn new(source: RecordSource) -> Self {
        Self { source, first_places: HashMap::default(), ended: false, record: PhantomData }
    }

    fn read(&mut self) -> Result<Option<T>, Error> {
        let Some(record) = self.source.next::<T>()? else {
            let path = self.source.path().to_owned();
            let empty = self.first_places.is_empty();
            return if empty { Err(Error::EmptyFile { path, what: T::WHAT }) } else { Ok(None) };
        };
        self.check_new(record.id())?;
        Ok(Some(record))
    }

    fn check_new(&mut self, id: &str) -> Result<(), Error> {
        if id.is_empty() {
            return Err(self.source.error("an id", "an empty one"));
        }
        match self.first_places.insert(id.into(), self.source.place()) {
            Some(first) => Err(self.source.duplicate(T::WHAT, id, first)),
            None => Ok(()),
        }
    }
}

impl<T: Record + DeserializeOwned> Iterator for RecordReader<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.read().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}

/// Reads a whole file of records.
///
/// # Errors
/// Those of [`RecordReader`].
pub fn read_records<T: Record + DeserializeOwned>(path: impl AsRef<Path>) -> Result<Vec<T>, Error> {
    RecordReader::open(path)?.collect()
}

/// Writes records one by one, compressed when the name ends with `.gz`; what is there before stays after an error.
///
/// # Errors
/// [`Error::Unwritable`] for an empty id or one that an earlier record has, [`Error::Io`].
pub fn write_records<T: Record + Serialize>(
    path: impl AsRef<Path>,
    records: impl IntoIterator<Item = T>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let mut seen = HashSet::new();
    let unwritable = |id: &str, reason| Error::Unwritable {
        path: path.to_owned(),
        what: T::WHAT,
        id: id.to_owned(),
        reason,
    };
    let lines = records.into_iter().map(|record| {
        if record.id().is_empty() {
            return Err(unwritable(record.id(), "it is empty"));
        }
        if !seen.insert(record.id().to_owned()) {
            return Err(unwritable(record.id(), "an earlier record has the same id"));
        }
        serde_json::to_string(&record)
            .map_err(|error| Error::Io { path: path.to_owned(), cause: error.into() })
    });
    write_lines(path, lines)
}
