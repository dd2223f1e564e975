//! Writing a file whole or not at all, with this crate's errors.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::error::Error;

/// As [`ess_files::write_atomically`]; an error of `write` comes out as it went in.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let written = ess_files::write_atomically(path, |file| write(file).map_err(io::Error::other));
    written.map_err(|error| match error {
        ess_files::Error::Io { path, cause } => {
            cause.downcast::<Error>().unwrap_or_else(|cause| Error::Io { path, cause })
        }
        other => other.into(),
    })
}
