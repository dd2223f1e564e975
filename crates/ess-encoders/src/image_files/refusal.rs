//! Why a file gives no image.

use std::{fmt::Display, path::Path};

use crate::error::Error;

/// What was expected of a file, and what it has.
#[derive(Debug)]
pub(super) struct Refusal {
    expected: String,
    found: String,
}

impl Refusal {
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }

    /// Of a file that its decoder gives up.
    pub(super) fn torn(format: &str, reason: impl Display) -> Self {
        Self::new(format!("a whole {format} file"), format!("one that does not decode: {reason}"))
    }

    /// The error of this file.
    pub(super) fn of(self, path: &Path) -> Error {
        Error::Image { path: path.to_owned(), expected: self.expected, found: self.found }
    }
}
