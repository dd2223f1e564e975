//! Text files read line by line, with the position of every error.

use std::{
    io::{self, BufRead, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};

use crate::{
    atomic::write_atomically,
    error::Error,
    text_file::{open_text, text_of},
};

/// A line longer than this is refused: memory stays bounded whatever the file, or its compressed content, holds.
pub(crate) const MAX_LINE_BYTES: usize = 64 << 20;

/// Bytes that are read at once; more only for a line that is longer.
pub(crate) const BLOCK_BYTES: usize = 1 << 17;

/// The lines of a UTF-8 file, plain or gzip (recognised by its first bytes), without line ends (LF or CRLF), blank lines
/// and a leading byte order mark.
pub(crate) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    /// What was read; lines are taken from it without a copy.
    buffer: Vec<u8>,
    /// The part of the buffer that was read and is not taken yet.
    unread: Range<usize>,
    line: u64,
}

impl Lines {
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Ok(Self::new(path.to_owned(), open_text(path)?))
    }

    /// Of what a reader gives, which is called `path` in errors; so many bytes, where that is known.
    pub(crate) fn of(
        path: PathBuf,
        reader: impl io::Read + Send + 'static,
        size: Option<u64>,
    ) -> Result<Self, Error> {
        let text = text_of(reader, size).map_err(Error::io(&path))?;
        Ok(Self::new(path, text))
    }

    /// The lines of what is left of a file that was opened already, behind so many lines.
    pub(crate) fn behind(path: &Path, reader: Box<dyn BufRead + Send>, lines: u64) -> Self {
        Self { line: lines, ..Self::new(path.to_owned(), reader) }
    }

    fn new(path: PathBuf, reader: Box<dyn BufRead + Send>) -> Self {
        Self { path, reader, buffer: vec![0; BLOCK_BYTES], unread: 0..0, line: 0 }
    }

    /// The next line that is not blank, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, Error> {
        loop {
            let Some(line) = self.read_line()? else { return Ok(None) };
            let blank = self.buffer[line.clone()].iter().all(u8::is_ascii_whitespace);
            if !blank {
                return self.text(line).map(Some);
            }
        }
    }

    /// As many whole lines as were read at once, with their ends, blank ones among them; and the number of the first. `None` at
    /// the end of the file. An error is that of the first line.
    pub(crate) fn next_block(&mut self) -> Result<Option<(u64, &str)>, Error> {
        let first = self.line + 1;
        let end = self.read_whole_lines()?;
        let lines = &self.buffer[self.unread.start..][..end];
        let end = if first_line(lines) > MAX_LINE_BYTES { 0 } else { valid_lines(lines) };
        if end == 0 {
            return Ok(self.next()?.map(|line| (first, line)));
        }
        let block = self.unread.start..self.unread.start + end;
        self.unread.start = block.end;
        let bytes = &self.buffer[block.clone()];
        self.line += memchr::memchr_iter(b'\n', bytes).count() as u64 + u64::from(!bytes.ends_with(b"\n"));
        let text = std::str::from_utf8(&self.buffer[block])
            .map_err(|error| self.error("UTF-8 text", error.to_string()))?;
        Ok(Some((first, text)))
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
        self.error_at(self.line, expected, found)
    }

    /// An error that names a line by its number.
    pub(crate) fn error_at(&self, line: u64, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Line { path: self.path.clone(), line, expected: expected.into(), found: found.into() }
    }

    /// Where the next line stands in the buffer, with its end.
    fn read_line(&mut self) -> Result<Option<Range<usize>>, Error> {
        self.line += 1;
        let mut searched = 0;
        let length = loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(at) = memchr::memchr(b'\n', &unread[searched..]) {
                break searched + at + 1;
            }
            searched = unread.len();
            if searched > MAX_LINE_BYTES || self.fill()? == 0 {
                break searched;
            }
        };
        if length > MAX_LINE_BYTES {
            return Err(self.error(format!("a line of at most {MAX_LINE_BYTES} bytes"), "a longer one"));
        }
        let line = self.unread.start..self.unread.start + length;
        self.unread.start = line.end;
        Ok((length > 0).then_some(line))
    }

    /// The bytes of the whole lines that are unread, of which there is one unless the file ends; at its end of all.
    fn read_whole_lines(&mut self) -> Result<usize, Error> {
        loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(at) = memchr::memrchr(b'\n', unread) {
                return Ok(at + 1);
            }
            if unread.len() > MAX_LINE_BYTES || self.fill()? == 0 {
                return Ok(self.unread.len());
            }
        }
    }

    /// Reads more behind what is unread, and says how much.
    fn fill(&mut self) -> Result<usize, Error> {
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        if self.unread.end == self.buffer.len() {
            self.buffer.resize((2 * self.buffer.len()).min(MAX_LINE_BYTES + 1), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.unread.end..]) {
                Ok(read) => {
                    self.unread.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&self.path)(error)),
            }
        }
    }

    fn text(&self, line: Range<usize>) -> Result<&str, Error> {
        let bytes = &self.buffer[line];
        if let Some(at) = memchr::memchr(0, bytes) {
            let found = format!("a NUL byte at column {}, as UTF-16 has", at + 1);
            return Err(self.error("UTF-8 text", found));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            self.error("UTF-8 text", format!("byte 0x{:02x} at column {}", bytes[at], at + 1))
        })?;
        Ok(without_end(text))
    }
}

/// A line without its end, LF or CRLF.
pub(crate) fn without_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// The bytes of the first line, with its end.
fn first_line(lines: &[u8]) -> usize {
    memchr::memchr(b'\n', lines).map_or(lines.len(), |at| at + 1)
}

/// The bytes of the lines before the first that is not UTF-8, or has a NUL byte.
fn valid_lines(lines: &[u8]) -> usize {
    let until = |at: usize| memchr::memrchr(b'\n', &lines[..at]).map_or(0, |at| at + 1);
    if let Some(at) = memchr::memchr(0, lines) {
        return valid_lines(&lines[..until(at)]);
    }
    if lines.is_ascii() {
        return lines.len();
    }
    match std::str::from_utf8(lines) {
        Ok(_) => lines.len(),
        Err(error) => until(error.valid_up_to()),
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
