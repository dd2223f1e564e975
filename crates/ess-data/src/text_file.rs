//! Opening a text file, plain or compressed.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use ess_files::kind_of;
use flate2::bufread::MultiGzDecoder;

use crate::error::Error;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
#[cfg(feature = "zstd")]
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The memory that a frame of zstd may ask for, as a power of two: the default of zstd's own program.
#[cfg(feature = "zstd")]
const ZSTD_WINDOW_LOG: u32 = 27;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const BUFFER_BYTES: usize = 1 << 16;

/// What a compressed file may hold whatever its size, and how many times its size beyond that. Texts, judgements and
/// runs shrink to a tenth at best; what shrinks to a thousandth was made to fill memory.
const FREE_BYTES: u64 = 256 << 20;
const MAX_EXPANSION: u64 = 200;

/// The bytes of a text file without a leading byte order mark; unpacked where its first bytes say that it is gzip, or with
/// the feature `zstd` that it is zstd.
pub(crate) fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>, Error> {
    open(path).map_err(Error::io(path))
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // A pipe does not say how long it is.
    let size = metadata.is_file().then_some(metadata.len());
    text_of(file, size)
}

/// As [`open_text`], of what a reader gives: so many bytes, where that is known.
pub(crate) fn text_of(
    reader: impl Read + Send + 'static,
    size: Option<u64>,
) -> io::Result<Box<dyn BufRead + Send>> {
    let mut plain = BufReader::with_capacity(BUFFER_BYTES, reader);
    let start = plain.fill_buf()?;
    let left = size.map_or(u64::MAX, |size| FREE_BYTES.saturating_add(size.saturating_mul(MAX_EXPANSION)));
    #[cfg(feature = "zstd")]
    if start.starts_with(&ZSTD_MAGIC) {
        let mut frames = zstd::Decoder::with_buffer(plain)?;
        frames.window_log_max(ZSTD_WINDOW_LOG)?;
        return without_mark(BufReader::with_capacity(BUFFER_BYTES, Bounded { inner: frames, left }));
    }
    if let Some(kind) =
        kind_of(start).filter(|kind| !start.starts_with(&GZIP_MAGIC) && !kind.ends_with("text"))
    {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("expected text, found {kind}")));
    }
    if !start.starts_with(&GZIP_MAGIC) {
        return without_mark(plain);
    }
    let unpacked = Bounded { inner: MultiGzDecoder::new(plain), left };
    without_mark(BufReader::with_capacity(BUFFER_BYTES, unpacked))
}

fn without_mark(mut text: impl BufRead + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut start = Vec::with_capacity(BYTE_ORDER_MARK.len());
    (&mut text).take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut start)?;
    if start == BYTE_ORDER_MARK {
        start.clear();
    }
    Ok(Box::new(Cursor::new(start).chain(text)))
}

/// Passes bytes on until there are more than a file of its size has a use for.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let message = format!("unpacks to more than {MAX_EXPANSION} times its size");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_without_end_is_refused() {
        let mut bounded = Bounded { inner: io::repeat(b'x'), left: 1000 };
        let mut text = Vec::new();
        let error = bounded.read_to_end(&mut text).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(text.len() <= 1000);
        let mut just_so = Bounded { inner: io::repeat(b'x').take(1000), left: 1000 };
        assert_eq!(just_so.read_to_end(&mut Vec::new()).unwrap(), 1000);
    }
}
