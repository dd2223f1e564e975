//! An object in ranges of its bytes, as the reader of Parquet asks for them.

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};

use super::{folder::ObjectFolder, info::ObjectInfo};

/// Blocks that are kept at most: the columns of a row group are read in turns, each from blocks of its own.
const KEPT: usize = 8;

/// An object whose blocks are asked for as they are needed. It must stay as it was.
#[derive(Clone)]
pub(crate) struct ObjectChunks(Arc<Blocks>);

struct Blocks {
    folder: ObjectFolder,
    object: ObjectInfo,
    /// Those that were used last, each with its number.
    kept: Mutex<VecDeque<(u64, Bytes)>>,
}

impl ObjectChunks {
    pub(crate) fn new(folder: &ObjectFolder, object: &ObjectInfo) -> Self {
        let (folder, object) = (folder.clone(), object.clone());
        Self(Arc::new(Blocks { folder, object, kept: Mutex::default() }))
    }

    /// The bytes from `start` to the end of their block; none at the end of the object.
    fn rest_of_block(&self, start: u64) -> io::Result<Bytes> {
        let Blocks { folder, object, kept } = &*self.0;
        if start >= object.bytes {
            return Ok(Bytes::new());
        }
        let size = folder.settings.block_bytes as u64;
        let (number, from) = (start / size, start % size);
        // Blocks are put there whole, so that they are good after a panic too.
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(own, _)| *own == number);
        let block = match found.and_then(|at| kept.remove(at)) {
            Some((_, block)) => block,
            None => {
                // Before the next one is there, so that there are not more.
                kept.truncate(KEPT - 1);
                let end = object.bytes.min((start - from).saturating_add(size));
                Bytes::from(folder.block(object, start - from..end).map_err(io::Error::other)?)
            }
        };
        let rest = block.slice(from as usize..);
        kept.push_front((number, block));
        Ok(rest)
    }
}

impl Length for ObjectChunks {
    fn len(&self) -> u64 {
        self.0.object.bytes
    }
}

impl ChunkReader for ObjectChunks {
    type T = ChunksFrom;

    fn get_read(&self, start: u64) -> Result<ChunksFrom, ParquetError> {
        // An error keeps its kind here, where it may lose it on its way through the library's parser.
        self.rest_of_block(start)?;
        Ok(ChunksFrom { chunks: self.clone(), next: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.len()) {
            let found = format!("{length} bytes from byte {start} on of an object of {}", self.len());
            return Err(ParquetError::EOF(found));
        }
        let first = self.rest_of_block(start)?;
        if first.len() >= length {
            return Ok(first.slice(..length));
        }
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(&first);
        while bytes.len() < length {
            let more = self.rest_of_block(start + bytes.len() as u64)?;
            bytes.extend_from_slice(&more[..more.len().min(length - bytes.len())]);
        }
        Ok(bytes.into())
    }
}

/// The bytes of an object from some place on.
pub(crate) struct ChunksFrom {
    chunks: ObjectChunks,
    next: u64,
}

impl Read for ChunksFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.chunks.rest_of_block(self.next)?;
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.next += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;
    use proptest::prelude::*;

    use super::*;
    use crate::objects::settings::ObjectSettings;

    fn chunks(content: &[u8], block_bytes: usize) -> ObjectChunks {
        let settings = ObjectSettings { block_bytes, ..ObjectSettings::default() };
        let folder =
            ObjectFolder::of_store(Arc::new(InMemory::new()), "a", "memory://test", &settings).unwrap();
        let disk = tempfile::tempdir().unwrap();
        let file = disk.path().join("file");
        std::fs::write(&file, content).unwrap();
        let object = folder.put("object", &file).unwrap();
        ObjectChunks::new(&folder, &object)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Any range in any order, and what lies behind any byte, for any sizes of blocks; few blocks are kept.
        #[test]
        fn ranges_are_those_of_the_object(
            length in 1_usize..900,
            block in 1_usize..200,
            asked in prop::collection::vec((0_usize..1000, 0_usize..1000), 1..12),
        ) {
            let content: Vec<u8> = (0..length).map(|at| (at * at / 7 + at) as u8).collect();
            let chunks = chunks(&content, block);
            for (start, count) in asked {
                match content.get(start..start + count) {
                    Some(expected) => {
                        prop_assert_eq!(&chunks.get_bytes(start as u64, count).unwrap()[..], expected);
                    }
                    None => {
                        let error = chunks.get_bytes(start as u64, count).unwrap_err();
                        prop_assert!(matches!(error, ParquetError::EOF(_)), "{}", error);
                    }
                }
                let mut rest = Vec::new();
                chunks.get_read(start as u64).unwrap().read_to_end(&mut rest).unwrap();
                prop_assert_eq!(&rest[..], content.get(start..).unwrap_or_default());
                prop_assert!(chunks.0.kept.lock().unwrap().len() <= KEPT);
            }
            let error = chunks.get_bytes(u64::MAX, 1).unwrap_err();
            prop_assert!(matches!(error, ParquetError::EOF(_)), "{}", error);
        }
    }
}
