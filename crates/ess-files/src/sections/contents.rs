//! Reading a file of sections.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytemuck::Pod;
use memmap2::Mmap;
use serde::de::DeserializeOwned;

use super::{
    format::Format,
    header::{Entry, Header, PREFIX_BYTES, check},
    opening::Opening,
    values::Values,
};
use crate::{checksum::Checksum, error::Error};

/// A file whose header has been checked, to take sections from. [`Format`] has an example.
///
/// A mapped file must not be truncated or written to in place: the operating system ends a process that reads beyond the end
/// of a file (`SIGBUS`). Replacing the file as a whole, as [`write_sections`](crate::write_sections) does, is safe.
#[derive(Debug)]
pub struct SectionFile {
    path: PathBuf,
    header: Header,
    /// Where the first section starts.
    start: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Sections are read into memory, and checked.
    Read(Mutex<BufReader<File>>),
    /// Sections stay in the file, and are not.
    Mapped(Arc<Mmap>),
}

impl SectionFile {
    /// Opens a file and checks its header, and with [`Opening::Mapped`] all of it. With [`Opening::Read`] sections are checked
    /// as they are taken.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Format`] when it has another format or was cut off,
    /// [`Error::Damaged`] when a checksum does not match.
    pub fn open(format: Format, path: &Path, opening: Opening) -> Result<Self, Error> {
        let file = match opening {
            Opening::Read => Self::read_in(format, path)?,
            Opening::Mapped | Opening::MappedUnverified => Self::map(format, path)?,
        };
        if opening == Opening::Mapped {
            file.verify()?;
        }
        Ok(file)
    }

    /// Opens a file whose sections will be read into memory and checked.
    fn read_in(format: Format, path: &Path) -> Result<Self, Error> {
        let mut file = BufReader::new(File::open(path).map_err(Error::io(path))?);
        let (header, start) = read_header(format, path, &mut file)?;
        check_padding(path, &header, start, &mut file)?;
        Ok(Self { path: path.to_owned(), header, start, source: Source::Read(Mutex::new(file)) })
    }

    /// Opens a file whose sections will stay there.
    fn map(format: Format, path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::io(path))?;
        let (header, start) = read_header(format, path, &mut file)?;
        // SAFETY: the map is read-only, and nobody is to change the file in place while it is mapped: files are only
        // ever replaced by renaming, which leaves a map of the old one whole. The type says so.
        let map = unsafe { Mmap::map(&file) }.map_err(Error::io(path))?;
        let expected = header.file_bytes(start);
        if map.len() as u64 != expected {
            // It was cut or lengthened since the header was read.
            let found = format!("{} bytes", map.len());
            return Err(Error::format(path, format!("{expected} bytes"), found));
        }
        Ok(Self { path: path.to_owned(), header, start, source: Source::Mapped(Arc::new(map)) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of what the file has.
    pub fn kind(&self) -> &str {
        &self.header.kind
    }

    /// What the kind says about itself.
    ///
    /// # Errors
    /// [`Error::Format`] for another kind, or other settings than the type has.
    pub fn about<A: DeserializeOwned>(&self, kind: &str) -> Result<A, Error> {
        if self.header.kind != kind {
            return Err(self.mismatch(format!("a file of kind {kind}"), self.header.kind.clone()));
        }
        A::deserialize(&self.header.about)
            .map_err(|error| self.mismatch(format!("the settings of kind {kind}"), error.to_string()))
    }

    /// Whether the file has a section of this name.
    pub fn has(&self, name: &str) -> bool {
        self.header.sections.iter().any(|section| section.name == name)
    }

    /// A section of `count` values, or of any count with `None`.
    ///
    /// # Errors
    /// [`Error::Format`] for a section that is missing or has another length, [`Error::Damaged`] when it is read into memory and
    /// its checksum does not match, [`Error::Io`].
    #[doc(alias = "numbers")]
    pub fn values<T: Pod>(&self, name: &str, count: Option<usize>) -> Result<Values<T>, Error> {
        let section = self.header.sections.iter().find(|section| section.name == name);
        let section = section.ok_or_else(|| self.mismatch(format!("a section {name}"), "none"))?;
        let expected = match count {
            Some(count) => count.checked_mul(size_of::<T>()).map(|bytes| bytes as u64),
            None => Some(section.bytes - section.bytes % size_of::<T>() as u64),
        };
        if expected != Some(section.bytes) {
            let expected = format!("{count:?} values of {} bytes in section {name}", size_of::<T>());
            return Err(self.mismatch(expected, format!("{} bytes", section.bytes)));
        }
        match &self.source {
            Source::Read(file) => self.read(section, file),
            Source::Mapped(map) => {
                let first = (self.start + section.offset) as usize;
                let values = Values::mapped(map.clone(), first..first + section.bytes as usize);
                values.ok_or_else(|| self.mismatch("a section within the file", section.name.clone()))
            }
        }
    }

    fn read<T: Pod>(&self, section: &Entry, file: &Mutex<BufReader<File>>) -> Result<Values<T>, Error> {
        let mut values = vec![T::zeroed(); section.bytes as usize / size_of::<T>()];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut values);
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + section.offset)).map_err(Error::io(&self.path))?;
        file.read_exact(bytes).map_err(Error::io(&self.path))?;
        check(&self.path, &format!("section {}", section.name), &section.checksum, Checksum::of(bytes))?;
        Ok(values.into())
    }

    /// Reads every section once and checks it, those included that its kind has no use for, such as ids.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a checksum does not match, [`Error::Format`] for other bytes between sections, [`Error::Io`].
    pub fn verify(&self) -> Result<(), Error> {
        match &self.source {
            Source::Read(file) => {
                self.header.sections.iter().try_for_each(|section| self.read::<u8>(section, file).map(drop))
            }
            Source::Mapped(map) => {
                check_padding(&self.path, &self.header, self.start, &mut Cursor::new(&map[..]))?;
                self.header.sections.iter().try_for_each(|section| self.check_mapped(section, map))
            }
        }
    }

    fn check_mapped(&self, section: &Entry, map: &Mmap) -> Result<(), Error> {
        let first = (self.start + section.offset) as usize;
        let bytes = map.get(first..first + section.bytes as usize);
        let bytes = bytes.ok_or_else(|| self.mismatch("a section within the file", section.name.clone()))?;
        check(&self.path, &format!("section {}", section.name), &section.checksum, Checksum::of(bytes))
    }

    /// What was expected of the file and what was found.
    pub fn mismatch(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::format(&self.path, expected, found)
    }
}

fn read_header(format: Format, path: &Path, file: &mut (impl Read + Seek)) -> Result<(Header, u64), Error> {
    let file_bytes = file.seek(SeekFrom::End(0)).map_err(Error::io(path))?;
    file.rewind().map_err(Error::io(path))?;
    if file_bytes < PREFIX_BYTES as u64 {
        return Err(Error::format(path, format.what, format!("{file_bytes} bytes")));
    }
    let mut prefix = [0; PREFIX_BYTES];
    file.read_exact(&mut prefix).map_err(Error::io(path))?;
    let length = Header::json_bytes(path, format, &prefix)?;
    let start = (PREFIX_BYTES + length) as u64;
    if start > file_bytes {
        return Err(Error::format(path, format!("{start} bytes or more"), format!("{file_bytes} bytes")));
    }
    let mut json = vec![0; length];
    file.read_exact(&mut json).map_err(Error::io(path))?;
    Ok((Header::decode(path, &prefix, &json, file_bytes)?, start))
}

fn check_padding(
    path: &Path,
    header: &Header,
    start: u64,
    file: &mut (impl Read + Seek),
) -> Result<(), Error> {
    for pair in header.sections.windows(2) {
        let end = pair[0].offset + pair[0].bytes;
        let mut padding = vec![0; (pair[1].offset - end) as usize];
        file.seek(SeekFrom::Start(start + end)).map_err(Error::io(path))?;
        file.read_exact(&mut padding).map_err(Error::io(path))?;
        if padding.iter().any(|&byte| byte != 0) {
            let found = format!("other bytes after section {}", pair[0].name);
            return Err(Error::format(path, "zeros between sections", found));
        }
    }
    Ok(())
}
