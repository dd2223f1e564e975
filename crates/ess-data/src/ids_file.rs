//! Ids by themselves, as they come beside an `.npy` file.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use ess_core::Ids;

use crate::{Error, atomic::write_atomically, lines::Lines};

/// Reads ids in row order: a JSON array of strings (told by its first character), or one id a line.
///
/// # Errors
/// [`Error::Format`] for broken JSON, [`Error::Line`] for text that is not UTF-8, [`Error::EmptyFile`],
/// [`Error::Ids`] for one that stands twice, [`Error::Io`].
pub fn read_ids(path: impl AsRef<Path>) -> Result<Ids, Error> {
    let path = path.as_ref();
    let mut file = BufReader::new(File::open(path).map_err(Error::io(path))?);
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    if file.fill_buf().map_err(Error::io(path))?.starts_with(BYTE_ORDER_MARK) {
        file.consume(BYTE_ORDER_MARK.len());
    }
    let ids = if file.fill_buf().map_err(Error::io(path))?.trim_ascii_start().starts_with(b"[") {
        serde_json::from_reader(file)
            .map_err(|error| Error::format(path, "a JSON array of ids, each a string", error.to_string()))?
    } else {
        read_lines(path)?
    };
    if ids.is_empty() {
        return Err(Error::EmptyFile { path: path.to_owned(), what: "id" });
    }
    Ids::new(ids).map_err(Error::ids(path))
}

fn read_lines(path: &Path) -> Result<Vec<String>, Error> {
    let mut lines = Lines::open(path)?;
    let mut ids = Vec::new();
    while let Some(id) = lines.next()? {
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// Writes ids as a JSON array.
///
/// # Errors
/// [`Error::Io`].
pub fn write_ids(path: impl AsRef<Path>, ids: &Ids) -> Result<(), Error> {
    let path = path.as_ref();
    write_atomically(path, |file| {
        serde_json::to_writer(file, ids.as_slice()).map_err(|error| Error::io(path)(error.into()))
    })
}
