//! What can go wrong with the files that this crate reads and writes.

use std::path::{Path, PathBuf};

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused, or a compressed file is torn.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decompressor said.
        cause: std::io::Error,
    },
    /// A line of a text file is not what it should be.
    #[error("{path}, line {line}: expected {expected}, found {found}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What would have been accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A line of a text file names an id, or a judgement or hit, that an earlier line has.
    #[error("{path}, line {line}: {what} {id:?} stands already in line {first}", path = path.display())]
    DuplicateLine {
        /// The file.
        path: PathBuf,
        /// The second line, from 1.
        line: u64,
        /// What it is: "query", "item", "judgement of query and item", …
        what: &'static str,
        /// What is there twice.
        id: String,
        /// The first line, from 1.
        first: u64,
    },
    /// A row of a table is not what it should be.
    #[error("{path}, row {row}: expected {expected}, found {found}", path = path.display())]
    Row {
        /// The file, or the folder of files.
        path: PathBuf,
        /// The row, from 0, over all files.
        row: u64,
        /// What would have been accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A row of a table has an id that an earlier row has.
    #[error("{path}, row {row}: {what} {id:?} stands already in row {first}", path = path.display())]
    DuplicateRow {
        /// The file, or the folder of files.
        path: PathBuf,
        /// The second row, from 0, over all files.
        row: u64,
        /// What it is: "query", "item".
        what: &'static str,
        /// What is there twice.
        id: String,
        /// The first row, from 0.
        first: u64,
    },
    /// A file without a single record.
    #[error("{path}: expected at least one {what}, found none", path = path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A binary file is not of the format that it should be.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What would have been accepted.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// A checksum that does not match: the file was damaged or altered after it was written.
    #[error("{path}: damaged between byte {first} and byte {last}: the checksum should be {expected}, it is {found}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first byte of the damaged part, from 0.
        first: usize,
        /// Its last byte.
        last: usize,
        /// The checksum written in the file.
        expected: String,
        /// The checksum of the bytes that are there.
        found: String,
    },
    /// A NaN or an infinity among the embeddings of a file.
    #[error("{path}: row {row}, column {column} holds {value}, which is not a finite number", path = path.display())]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// A component too large for the type that the file holds.
    #[error("{path}: row {row}, column {column} holds {value}, too large for {dtype}", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value.
        value: f64,
        /// The type that should hold it.
        dtype: &'static str,
    },
    /// More or fewer rows than were announced.
    #[error("{path}: expected {expected} rows, found {found}", path = path.display())]
    RowCount {
        /// The file.
        path: PathBuf,
        /// The number of rows announced, or of ids.
        expected: usize,
        /// The number of rows that came; where there are too many, the number at which reading stopped.
        found: usize,
    },
    /// An id that a format separated by white space or tabs cannot hold.
    #[error("{path}: the {what} {id:?} cannot be written: {reason}", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What it is: "query id", "item id", "tag".
        what: &'static str,
        /// The id.
        id: String,
        /// Why the format cannot hold it.
        reason: &'static str,
    },
    /// Qrels or a run name a query or an item that the embeddings do not have.
    #[error("unknown {what} id {id:?} among the {len} ids of the embeddings")]
    UnknownId {
        /// "query" or "item".
        what: &'static str,
        /// The id.
        id: String,
        /// How many ids the embeddings have.
        len: usize,
    },
    /// Nothing is left of the judgements.
    #[error("expected at least {expected} {what}, found {found}")]
    TooFew {
        /// What is missing.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A parameter outside its range.
    #[error("{name}: expected {expected}, found {found}")]
    InvalidParameter {
        /// The parameter's name.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// The ids of a file break the rules of `ess-core`, such as by standing twice.
    #[error("{path}: {cause}", path = path.display())]
    Ids {
        /// The file.
        path: PathBuf,
        /// The rule, and the ids.
        cause: ess_core::Error,
    },
    /// Embeddings or ids that break the rules of `ess-core`.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
    /// Qrels or runs that break the rules of `ess-metrics`.
    #[error(transparent)]
    Metrics(#[from] ess_metrics::Error),
    /// A file could not be written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// An object store could not be asked, or did not give what it should.
    #[cfg(feature = "object-store")]
    #[error(transparent)]
    Object(#[from] crate::objects::error::ObjectError),
}

impl Error {
    /// What a file's error is; one of this crate that came through a reader is that one.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| cause.downcast::<Self>().unwrap_or_else(|cause| Self::Io { path, cause })
    }

    pub(crate) fn format(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Format { path: path.to_owned(), expected: expected.into(), found: found.into() }
    }

    pub(crate) fn ids(path: &Path) -> impl FnOnce(ess_core::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Ids { path, cause }
    }

    /// Puts the file and the rows before the batch into what `ess-core` says about a batch.
    pub(crate) fn in_rows(error: ess_core::Error, path: &Path, first_row: usize) -> Self {
        match error {
            ess_core::Error::NonFinite { row, column, value, .. } => Self::NonFinite {
                path: path.to_owned(),
                row: first_row + row,
                column,
                value: f64::from(value),
            },
            other => Self::Core(other),
        }
    }
}
