//! An object as a stream of bytes.

use std::{
    fmt,
    io::{self, Read},
};

use super::{folder::ObjectFolder, info::ObjectInfo};

/// Reads an object from its start, block by block: memory for one block.
///
/// Each block is asked for by itself, again where that may help, and belongs to the object that was meant: after one that was
/// replaced the read fails. Its errors hold an [`Error`](crate::Error), which readers of this crate pass on.
///
/// ```
/// use ess_data::{Item, ObjectFolder, RecordReader};
///
/// # let disk = tempfile::tempdir().unwrap();
/// # std::fs::write(disk.path().join("corpus.jsonl"), "{\"_id\": \"d1\", \"text\": \"The moon pulls.\"}\n").unwrap();
/// let folder = ObjectFolder::open(&format!("file://{}", disk.path().display()))?;
/// let corpus = folder.info("corpus.jsonl")?;
/// let items = RecordReader::<Item>::from_reader(folder.url_of("corpus.jsonl"), folder.read(&corpus), Some(corpus.bytes))?;
/// assert_eq!(items.collect::<Result<Vec<_>, _>>()?[0].text, "The moon pulls.");
/// # Ok::<(), ess_data::Error>(())
/// ```
pub struct ObjectReader {
    folder: ObjectFolder,
    object: ObjectInfo,
    /// Where the next block begins.
    next: u64,
    block: Vec<u8>,
    /// How much of the block was given.
    given: usize,
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader").field("object", &self.object).finish_non_exhaustive()
    }
}

impl ObjectFolder {
    /// An object as it was when `object` was asked for. Nothing is read yet.
    pub fn read(&self, object: &ObjectInfo) -> ObjectReader {
        let (folder, object) = (self.clone(), object.clone());
        ObjectReader { folder, object, next: 0, block: Vec::new(), given: 0 }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.given == self.block.len() {
            let end =
                self.object.bytes.min(self.next.saturating_add(self.folder.settings.block_bytes as u64));
            if end == self.next {
                return Ok(0);
            }
            // Before the next one is there, so that there are not two.
            (self.block, self.given) = (Vec::new(), 0);
            self.block = self.folder.block(&self.object, self.next..end).map_err(io::Error::other)?;
            self.next = end;
        }
        let left = &self.block[self.given..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}
