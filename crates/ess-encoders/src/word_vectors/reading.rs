//! Bytes of a file of word vectors, and where they are.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use crate::error::Error;

/// What a format is told by.
const START_BYTES: usize = 1 << 16;
/// A longer word, or line, is of no such file.
pub(super) const MAX_LINE_BYTES: usize = 1 << 21;
/// Numbers that are read at once.
const CHUNK: usize = 1 << 18;
/// No file has more components.
pub(super) const MAX_DIM: usize = 1 << 16;

/// A file that is read from its start to its end.
pub(super) struct Source {
    path: PathBuf,
    reader: BufReader<File>,
    /// Bytes that are not read yet; what a header asks for is compared with it before it is believed.
    left: u64,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let left = file.metadata().map_err(Error::io(path))?.len();
        Ok(Self { path: path.to_owned(), reader: BufReader::with_capacity(START_BYTES, file), left })
    }

    /// The first bytes, which stay to be read.
    pub(super) fn start(&mut self) -> Result<&[u8], Error> {
        let path = &self.path;
        self.reader.fill_buf().map_err(|cause| Error::Io { path: path.clone(), cause })
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// An error about this file.
    pub(super) fn error(
        &self,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Error {
        let (place, expected, found) = (place.into(), expected.into(), found.to_string());
        Error::WordVectors { path: self.path.clone(), place, expected, found }
    }

    /// The bytes up to `end`, which is not among them; the last ones where it does not come, and none at the end.
    pub(super) fn until(&mut self, end: u8, place: &dyn Fn() -> String) -> Result<Option<Vec<u8>>, Error> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(MAX_LINE_BYTES as u64 + 1).read_until(end, &mut bytes);
        let read = read.map_err(Error::io(&self.path))?;
        self.left = self.left.saturating_sub(read as u64);
        if read > MAX_LINE_BYTES {
            return Err(self.error(place(), format!("at most {MAX_LINE_BYTES} bytes"), "more"));
        }
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
        Ok((read > 0).then_some(bytes))
    }

    /// As many bytes; `buffer` is not longer than what is left.
    pub(super) fn exactly(&mut self, buffer: &mut [u8], place: &dyn Fn() -> String) -> Result<(), Error> {
        if buffer.len() as u64 > self.left {
            return Err(self.error(
                place(),
                format!("{} bytes", buffer.len()),
                format!("{} to the end", self.left),
            ));
        }
        self.reader.read_exact(buffer).map_err(Error::io(&self.path))?;
        self.left -= buffer.len() as u64;
        Ok(())
    }

    /// So many little-endian `f32`, each finite.
    pub(super) fn floats(&mut self, count: usize, place: &dyn Fn() -> String) -> Result<Vec<f32>, Error> {
        if count as u64 > self.left / 4 {
            return Err(self.error(
                place(),
                format!("{count} numbers"),
                format!("{} bytes to the end", self.left),
            ));
        }
        let mut floats = Vec::with_capacity(count);
        let mut bytes = vec![0; 4 * count.min(CHUNK)];
        while floats.len() < count {
            let chunk = &mut bytes[..4 * (count - floats.len()).min(CHUNK)];
            self.exactly(chunk, place)?;
            floats.extend(chunk.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)));
        }
        match floats.iter().find(|float| !float.is_finite()) {
            Some(float) => Err(self.error(place(), "finite numbers", float)),
            None => Ok(floats),
        }
    }

    /// A little-endian number of fastText's.
    pub(super) fn number<const BYTES: usize>(
        &mut self,
        place: &dyn Fn() -> String,
    ) -> Result<[u8; BYTES], Error> {
        let mut bytes = [0; BYTES];
        self.exactly(&mut bytes, place)?;
        Ok(bytes)
    }
}
