//! Finding the vectors of a cache when it is opened.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::Range,
};

use super::{
    key::short,
    record::{MARK, read_record},
};

/// Where whole records begin.
pub(super) struct Scanned {
    /// In the file, by the first bytes of the key.
    pub(super) offsets: HashMap<u64, u64>,
    /// Behind the last whole record.
    pub(super) end: u64,
    /// Bytes before it that are of no record.
    pub(super) damaged: u64,
}

const BUFFER_BYTES: usize = 1 << 18;

/// Reads the records in some bytes of a file.
pub(super) fn scan(file: &File, bytes: Range<u64>) -> io::Result<Scanned> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
    let mut scanned = Scanned { offsets: HashMap::new(), end: bytes.start, damaged: 0 };
    let mut at = bytes.start;
    while at < bytes.end {
        reader.seek(SeekFrom::Start(at))?;
        // Records follow one another without a seek, which would empty the buffer.
        while let Some(record) = read_record(&mut reader)? {
            scanned.damaged += at - scanned.end;
            scanned.offsets.insert(short(&record.key), at);
            at += record.bytes();
            scanned.end = at;
        }
        match next_mark(&mut reader, at + 1)? {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(scanned)
}

/// Where the next mark is.
fn next_mark(reader: &mut BufReader<&File>, from: u64) -> io::Result<Option<u64>> {
    reader.seek(SeekFrom::Start(from))?;
    let (mut seen, mut at) = ([0; 4], from);
    for byte in reader.by_ref().bytes() {
        seen.rotate_left(1);
        seen[3] = byte?;
        at += 1;
        if seen == MARK && at - from >= 4 {
            return Ok(Some(at - 4));
        }
    }
    Ok(None)
}
