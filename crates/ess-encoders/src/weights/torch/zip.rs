//! The archive that newer files of `torch.save` are: a ZIP file whose entries are not compressed.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use super::span::{Span, read_span};
use crate::error::Error;

/// The entries of an archive, each of which lies inside the file.
pub(super) struct StoredZip {
    entries: HashMap<String, Span>,
}

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
const END_BYTES: u64 = 22;
const LOCATOR_BYTES: u64 = 20;
const LOCAL_BYTES: u64 = 30;
const MAX_COMMENT: u64 = 65_535;
const MAX_DIRECTORY: u64 = 64 << 20;
const MARK_32: u64 = 0xffff_ffff;

impl StoredZip {
    pub(super) fn open(path: &Path, file: &mut File) -> Result<Self, Error> {
        let length = file.metadata().map_err(Error::io(path))?.len();
        let mut archive = Archive { path, file, length };
        let directory = archive.directory()?;
        let bytes = read_span(path, archive.file, directory, MAX_DIRECTORY)?;
        let mut fields = Fields { bytes: &bytes, at: 0 };
        let mut entries = HashMap::new();
        while fields.at < bytes.len() {
            let entry =
                Listed::read(&mut fields).ok_or_else(|| archive.malformed("an entry of its list is torn"))?;
            if entry.packed || entry.span.length != entry.stored {
                return Err(archive.malformed(&format!("{:?} is compressed", entry.name)));
            }
            let span = archive.content(entry.span)?;
            if entries.insert(entry.name.clone(), span).is_some() {
                return Err(archive.malformed(&format!("{:?} is there twice", entry.name)));
            }
        }
        Ok(Self { entries })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, Span)> {
        self.entries.iter().map(|(name, span)| (name, *span))
    }

    pub(super) fn find(&self, name: &str) -> Option<Span> {
        self.entries.get(name).copied()
    }
}

struct Archive<'a> {
    path: &'a Path,
    file: &'a mut File,
    length: u64,
}

impl Archive<'_> {
    fn malformed(&self, reason: &str) -> Error {
        Error::MalformedWeights { path: self.path.to_owned(), reason: reason.to_owned() }
    }

    fn read(&mut self, start: u64, length: u64) -> Result<Vec<u8>, Error> {
        self.inside(start, length)?;
        read_span(self.path, self.file, Span { start, length }, MAX_DIRECTORY)
    }

    fn inside(&self, start: u64, length: u64) -> Result<(), Error> {
        match start.checked_add(length).is_some_and(|end| end <= self.length) {
            true => Ok(()),
            false => Err(self.malformed(&format!(
                "{length} bytes are said to stand at {start}, the file has {}",
                self.length
            ))),
        }
    }

    /// Where the list of entries stands, which the end of the file says.
    fn directory(&mut self) -> Result<Span, Error> {
        let tail = self.length.min(END_BYTES + MAX_COMMENT);
        let start = self.length - tail;
        let bytes = self.read(start, tail)?;
        let end = bytes.windows(END.len()).rposition(|window| window == END);
        let end = end.ok_or_else(|| self.malformed("the end of the archive is missing"))?;
        let mut fields = Fields { bytes: &bytes, at: end + 12 };
        let small = fields.number(4).zip(fields.number(4));
        let (size, offset) = small.ok_or_else(|| self.malformed("the end of the archive is torn"))?;
        let at = start + end as u64;
        let span = match at.checked_sub(LOCATOR_BYTES) {
            Some(locator) if size == MARK_32 || offset == MARK_32 => self.directory_64(locator)?,
            _ => Span { start: offset, length: size },
        };
        self.inside(span.start, span.length)?;
        Ok(span)
    }

    fn directory_64(&mut self, locator: u64) -> Result<Span, Error> {
        let torn = "the end of the archive is torn";
        let bytes = self.read(locator, LOCATOR_BYTES)?;
        let mut fields = Fields { bytes: &bytes, at: 8 };
        let at = fields.number(8).filter(|_| bytes.starts_with(LOCATOR_64));
        let bytes = self.read(at.ok_or_else(|| self.malformed(torn))?, 56)?;
        let mut fields = Fields { bytes: &bytes, at: 40 };
        let found = fields.number(8).zip(fields.number(8)).filter(|_| bytes.starts_with(END_64));
        let (length, start) = found.ok_or_else(|| self.malformed(torn))?;
        Ok(Span { start, length })
    }

    /// The content of an entry, which stands behind a name and extra fields of its own.
    fn content(&mut self, entry: Span) -> Result<Span, Error> {
        self.inside(entry.start, LOCAL_BYTES)?;
        self.file.seek(SeekFrom::Start(entry.start)).map_err(Error::io(self.path))?;
        let mut header = [0; LOCAL_BYTES as usize];
        self.file.read_exact(&mut header).map_err(Error::io(self.path))?;
        let mut fields = Fields { bytes: &header, at: 26 };
        let lengths = fields.number(2).zip(fields.number(2)).filter(|_| header.starts_with(LOCAL));
        let (name, extra) = lengths.ok_or_else(|| self.malformed("an entry is not where its list says"))?;
        let start = entry.start + LOCAL_BYTES + name + extra;
        self.inside(start, entry.length)?;
        Ok(Span { start, length: entry.length })
    }
}

/// One entry of the list.
struct Listed {
    name: String,
    packed: bool,
    /// Where it starts, and how long it is.
    span: Span,
    /// How long it is as it is stored.
    stored: u64,
}

impl Listed {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        if fields.take(4)? != ENTRY {
            return None;
        }
        fields.take(4)?;
        let encrypted = fields.number(2)? & 1 == 1;
        let method = fields.number(2)?;
        fields.take(8)?;
        let [mut stored, mut length] = [fields.number(4)?, fields.number(4)?];
        let [name, extra, comment] = [fields.number(2)?, fields.number(2)?, fields.number(2)?];
        fields.take(8)?;
        let mut start = fields.number(4)?;
        let name = String::from_utf8(fields.take(name as usize)?.to_vec()).ok()?;
        let mut extra = Fields { bytes: fields.take(extra as usize)?, at: 0 };
        fields.take(comment as usize)?;
        while let Some((id, size)) = extra.number(2).zip(extra.number(2)) {
            let mut large = Fields { bytes: extra.take(size as usize)?, at: 0 };
            if id == 1 {
                for value in [&mut length, &mut stored, &mut start] {
                    if *value == MARK_32 {
                        *value = large.number(8)?;
                    }
                }
            }
        }
        Some(Self { name, packed: encrypted || method != 0, span: Span { start, length }, stored })
    }
}

/// Bytes that are read from the front.
struct Fields<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Fields<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    /// A little-endian number of up to 8 bytes.
    fn number(&mut self, bytes: usize) -> Option<u64> {
        let taken = self.take(bytes)?;
        Some(taken.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}
