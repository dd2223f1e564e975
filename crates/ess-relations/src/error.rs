//! What can go wrong with graphs, models, training and files.

use std::path::{Path, PathBuf};

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("{name} must be {expected}, found {found}")]
    Config {
        /// The setting.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A name that no relation model has.
    #[error("unknown relation model {name:?}; there are {known}")]
    UnknownModel {
        /// The name that came.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A name for a model of one's own that cannot be used.
    #[error("a relation model cannot be called {name:?}: {why}")]
    ModelName {
        /// The name.
        name: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A name that the graph does not have.
    #[error("unknown {what} {name:?}{}", nearest.as_ref().map_or(String::new(), |near| format!("; the nearest known is {near:?}")))]
    UnknownName {
        /// What was looked up: "entity" or "relation".
        what: &'static str,
        /// The name that came.
        name: String,
        /// The most similar name that there is, if one is similar.
        nearest: Option<String>,
    },
    /// A line of a triple file that is none.
    #[error("{path}, line {line}: expected {expected}, found {found}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A file, or a part of a graph, without triples.
    #[error("{what}: expected at least one triple, found none")]
    NoTriples {
        /// The file or the part.
        what: String,
    },
    /// Two things that must agree in size do not.
    #[error("{what}: expected {expected}, found {found}")]
    Size {
        /// What was being checked.
        what: &'static str,
        /// What was needed.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// A NaN or an infinity where a finite number is needed.
    #[error("{what}: row {row}, column {column} is not a finite number")]
    NotFinite {
        /// What was being checked.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
    /// Training left the finite numbers.
    #[error(
        "training diverged in epoch {epoch}: the loss or a parameter is not a finite number; a lower learning rate helps"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
    },
    /// A file that is not a set of relations, or of a version that this build does not read.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What would have been accepted.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A set of relations that is torn or was altered.
    #[error("{path}: damaged: {why}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not agree.
        why: String,
    },
    /// The operating system refused.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        cause: std::io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] ess_files::Error),
    /// An error of the vocabulary of Eq. 3.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
    /// An interval could not be computed.
    #[error(transparent)]
    Measure(#[from] ess_metrics::Error),
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }

    /// Fails unless two sizes agree.
    pub(crate) fn check_size(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Size { what, expected, found }) }
    }
}
