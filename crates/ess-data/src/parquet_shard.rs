//! One Parquet file: its rows, and what its reader says of it.

use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::{
    basic::Compression,
    errors::ParquetError,
    file::{
        metadata::ParquetMetaData,
        reader::{ChunkReader, FileReader, SerializedFileReader},
    },
    record::reader::RowIter,
    schema::types::Type,
};

use crate::error::Error;
#[cfg(feature = "object-store")]
use crate::objects::chunks::ObjectChunks;

/// Where a Parquet file is.
pub(crate) enum Shard {
    File(PathBuf),
    #[cfg(feature = "object-store")]
    Object {
        /// Its URL, which stands in errors.
        name: PathBuf,
        chunks: ObjectChunks,
    },
}

impl Shard {
    /// Its name in errors.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            #[cfg(feature = "object-store")]
            Self::Object { name, .. } => name,
        }
    }

    /// Its rows, without nested columns.
    pub(crate) fn rows(self) -> Result<RowIter<'static>, Error> {
        match self {
            Self::File(path) => rows_of(&path, File::open(&path).map_err(Error::io(&path))?),
            #[cfg(feature = "object-store")]
            Self::Object { name, chunks } => rows_of(&name, chunks),
        }
    }
}

fn rows_of(path: &Path, file: impl ChunkReader + 'static) -> Result<RowIter<'static>, Error> {
    let reader = caught(path, || SerializedFileReader::new(file))?;
    refuse_codecs(path, reader.metadata())?;
    caught(path, || {
        let schema = reader.metadata().file_metadata().schema();
        let columns = schema.get_fields().iter().filter(|column| is_single(column)).map(Arc::clone).collect();
        let columns = Type::group_type_builder(schema.name()).with_fields(columns).build()?;
        RowIter::from_file_into(Box::new(reader)).project(Some(columns))
    })
}

/// Refuses columns that are compressed by what is not unpacked here. A page of Brotli may become thousands of times as long as it is,
/// and the library does not stop at the length that its header states.
fn refuse_codecs(path: &Path, file: &ParquetMetaData) -> Result<(), Error> {
    let columns = file.row_groups().iter().flat_map(|group| group.columns());
    let mut single = columns.filter(|column| column.column_path().parts().len() == 1);
    let found = single.find_map(|column| match column.compression() {
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    });
    let expected = "a Parquet file that is not compressed, or by Snappy, gzip, zstd or LZ4";
    found.map_or(Ok(()), |codec| Err(Error::format(path, expected, codec)))
}

/// Whether a column has one value a row, or none.
fn is_single(column: &Type) -> bool {
    column.is_primitive() && column.get_basic_info().repetition() != parquet::basic::Repetition::REPEATED
}

/// What the library makes of a file; it panics on some that are damaged.
pub(crate) fn caught<T>(path: &Path, read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| failure(path, error)),
        Err(_) => {
            let found = "one that its reader cannot take apart";
            Err(Error::format(path, "a Parquet file", found))
        }
    }
}

/// The error of this crate that the library came upon while it read, else what it says of the file.
fn failure(path: &Path, error: ParquetError) -> Error {
    let said = error.to_string();
    let own = match error {
        ParquetError::External(cause) => {
            cause.downcast::<io::Error>().ok().and_then(|cause| cause.downcast::<Error>().ok())
        }
        _ => None,
    };
    own.unwrap_or_else(|| Error::format(path, "a Parquet file", said))
}
