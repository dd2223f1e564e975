//! Text files read line by line, with the position of every error.

use std::{
    io::{BufRead, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};

use crate::{atomic::write_atomically, error::Error, text_file::open_text};

/// A line longer than this is refused: memory stays bounded whatever the file, or its compressed content, holds.
const MAX_LINE_BYTES: usize = 64 << 20;

/// The lines of a UTF-8 file, plain or gzip (recognised by its first bytes), without line ends (LF or CRLF), blank lines
/// and a leading byte order mark.
pub(crate) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    bytes: Vec<u8>,
    line: u64,
}

impl Lines {
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Ok(Self { path: path.to_owned(), reader: open_text(path)?, bytes: Vec::new(), line: 0 })
    }

    /// The next line that is not blank, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, Error> {
        loop {
            if !self.read_line()? {
                return Ok(None);
            }
            let blank = self.bytes.iter().all(u8::is_ascii_whitespace);
            if !blank {
                return self.text().map(Some);
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the line read last, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// An error that names the line read last.
    pub(crate) fn error(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Line {
            path: self.path.clone(),
            line: self.line,
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn read_line(&mut self) -> Result<bool, Error> {
        self.bytes.clear();
        self.line += 1;
        let mut limited = (&mut self.reader).take(MAX_LINE_BYTES as u64 + 1);
        limited.read_until(b'\n', &mut self.bytes).map_err(Error::io(&self.path))?;
        if self.bytes.len() > MAX_LINE_BYTES {
            return Err(self.error(format!("a line of at most {MAX_LINE_BYTES} bytes"), "a longer one"));
        }
        Ok(!self.bytes.is_empty())
    }

    fn text(&self) -> Result<&str, Error> {
        let text = std::str::from_utf8(&self.bytes).map_err(|error| {
            let at = error.valid_up_to();
            self.error("UTF-8 text", format!("byte 0x{:02x} at column {}", self.bytes[at], at + 1))
        })?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Ok(text.strip_suffix('\r').unwrap_or(text))
    }
}

/// Writes lines, whole or not at all; compressed with gzip when the file's name ends with `.gz`.
///
/// The same lines give the same bytes: no time and no name go into the file.
pub(crate) fn write_lines(
    path: &Path,
    lines: impl IntoIterator<Item = Result<String, Error>>,
) -> Result<(), Error> {
    write_atomically(path, |file| {
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut gzip = GzBuilder::new().write(file, Compression::best());
            write_each(&mut gzip, path, lines)?;
            gzip.finish().map(drop).map_err(Error::io(path))
        } else {
            write_each(file, path, lines)
        }
    })
}

fn write_each(
    file: &mut dyn Write,
    path: &Path,
    lines: impl IntoIterator<Item = Result<String, Error>>,
) -> Result<(), Error> {
    lines.into_iter().try_for_each(|line| writeln!(file, "{}", line?).map_err(Error::io(path)))
}
