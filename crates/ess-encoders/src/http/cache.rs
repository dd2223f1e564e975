//! Vectors that came once, kept on disk.

pub(super) mod key;
mod record;
mod scan;

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use ess_files::{FileLock, kind_of};

use self::{
    key::{CacheKey, short},
    record::{Record, read_record},
    scan::{Scanned, scan},
};
use crate::error::Error;

const MAGIC: &[u8; 12] = b"ESS vectors\n";
const VERSION: u32 = 1;
/// The magic and the version.
const HEADER_BYTES: u64 = 16;

/// A file that vectors are appended to, each with a checksum. What a killed process leaves of a record is cut off when the
/// file is next opened; what is damaged in the middle is skipped. In memory are some 30 bytes a vector, which say where
/// it is.
pub(super) struct VectorCache {
    path: PathBuf,
    file: File,
    end: u64,
    // By the first bytes of the key; the whole key is compared when a record is read.
    offsets: HashMap<u64, u64>,
    _lock: FileLock,
}

impl VectorCache {
    /// Opens a cache for this process alone, and makes it where there is none.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let lock = FileLock::acquire(path)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(Error::io(path))?;
        check_header(path, &mut file)?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        let Scanned { offsets, end, damaged } = scan(&file, HEADER_BYTES..length).map_err(Error::io(path))?;
        if damaged > 0 {
            tracing::warn!(file = %path.display(), bytes = damaged, "damaged vectors in the cache are skipped");
        }
        file.set_len(end).map_err(Error::io(path))?;
        Ok(Self { path: path.to_owned(), file, end, offsets, _lock: lock })
    }

    /// The vector of a key, where it is there and whole.
    pub(super) fn get(&mut self, key: &CacheKey) -> Result<Option<Vec<f32>>, Error> {
        let Some(&at) = self.offsets.get(&short(key)) else { return Ok(None) };
        self.file.seek(SeekFrom::Start(at)).map_err(Error::io(&self.path))?;
        let record = read_record(&mut self.file).map_err(Error::io(&self.path))?;
        Ok(record.filter(|record| record.key == *key).map(|record| record.vector))
    }

    /// Appends vectors; all of them, or none.
    pub(super) fn append(&mut self, vectors: &[(CacheKey, &[f32])]) -> Result<(), Error> {
        let (mut bytes, mut offsets) = (Vec::new(), Vec::new());
        for (key, vector) in vectors {
            offsets.push((short(key), self.end + bytes.len() as u64));
            Record::write(key, vector, &mut bytes);
        }
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(&bytes));
        if let Err(cause) = written {
            // What is half written is cut off now, or when the file is next opened.
            let _ = self.file.set_len(self.end);
            return Err(Error::Io { path: self.path.clone(), cause });
        }
        self.end += bytes.len() as u64;
        self.offsets.extend(offsets);
        Ok(())
    }
}

/// Refuses a file of another kind or version, and begins one that is empty or was hardly begun.
fn check_header(path: &Path, file: &mut File) -> Result<(), Error> {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&VERSION.to_le_bytes());
    let mut found = Vec::new();
    file.take(HEADER_BYTES).read_to_end(&mut found).map_err(Error::io(path))?;
    let refuse = |found| Err(Error::HttpCache { path: path.to_owned(), expected: VERSION, found });
    if found.len() < header.len() && header.starts_with(&found) {
        let begun = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&header));
        return begun.map_err(Error::io(path));
    }
    match found.strip_prefix(MAGIC.as_slice()) {
        Some(version) if version == VERSION.to_le_bytes() => Ok(()),
        Some(version) => {
            refuse(format!("version {}", u32::from_le_bytes(std::array::from_fn(|i| version[i]))))
        }
        None => refuse(kind_of(&found).unwrap_or("another file").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(i: u8) -> CacheKey {
        [i; 32]
    }

    fn vector(i: u8) -> Vec<f32> {
        (0..3 + i % 3).map(|j| f32::from(i) + f32::from(j) / 7.0).collect()
    }

    fn filled(path: &Path, count: u8) {
        let mut cache = VectorCache::open(path).unwrap();
        let vectors: Vec<_> = (0..count).map(|i| (key(i), vector(i))).collect();
        let vectors: Vec<_> = vectors.iter().map(|(key, vector)| (*key, vector.as_slice())).collect();
        cache.append(&vectors[..2]).unwrap();
        cache.append(&vectors[2..]).unwrap();
    }

    fn found(path: &Path, count: u8) -> Vec<u8> {
        let mut cache = VectorCache::open(path).unwrap();
        let mut found = Vec::new();
        for i in 0..count {
            if let Some(there) = cache.get(&key(i)).unwrap() {
                assert_eq!(there, vector(i), "a wrong vector");
                found.push(i);
            }
        }
        found
    }

    #[test]
    fn vectors_are_there_when_the_file_is_opened_again_and_one_process_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        filled(&path, 6);
        assert_eq!(found(&path, 7), [0, 1, 2, 3, 4, 5]);
        let _mine = VectorCache::open(&path).unwrap();
        assert!(matches!(VectorCache::open(&path), Err(Error::Files(ess_files::Error::Busy { .. }))));
    }

    #[test]
    fn a_file_cut_anywhere_keeps_its_whole_vectors_and_is_written_on() {
        let folder = tempfile::tempdir().unwrap();
        let (path, cut) = (folder.path().join("cache"), folder.path().join("cut"));
        filled(&path, 6);
        let bytes = std::fs::read(&path).unwrap();
        let mut counts = Vec::new();
        for length in 0..bytes.len() {
            std::fs::write(&cut, &bytes[..length]).unwrap();
            let there = found(&cut, 6);
            assert_eq!(there, (0..there.len() as u8).collect::<Vec<_>>());
            counts.push(there.len());
            VectorCache::open(&cut).unwrap().append(&[(key(9), &[1.0, 2.0])]).unwrap();
            let mut again = VectorCache::open(&cut).unwrap();
            assert_eq!(again.get(&key(9)).unwrap().unwrap(), [1.0, 2.0]);
            assert_eq!(again.offsets.len(), there.len() + 1);
        }
        assert!(counts.is_sorted() && counts.last() == Some(&5), "{counts:?}");
    }

    #[test]
    fn a_changed_byte_costs_one_vector_and_gives_no_wrong_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, changed) = (folder.path().join("cache"), folder.path().join("changed"));
        filled(&path, 6);
        let bytes = std::fs::read(&path).unwrap();
        for at in HEADER_BYTES as usize..bytes.len() {
            for bit in [0, 3, 7] {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                std::fs::write(&changed, &other).unwrap();
                assert!(found(&changed, 6).len() >= 5, "byte {at}");
            }
        }
    }

    #[test]
    fn another_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let newer = [MAGIC.as_slice(), &7_u32.to_le_bytes(), b"more"].concat();
        for (content, said) in
            [(b"{\"a\": 1}".as_slice(), "JSON"), (&newer, "version 7"), (&[0; 40], "another file")]
        {
            std::fs::write(&path, content).unwrap();
            let error = VectorCache::open(&path).map(drop).unwrap_err();
            assert!(matches!(error, Error::HttpCache { .. }) && error.to_string().contains(said), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_behind_the_header_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("cache");
            filled(&path, 3);
            let mut whole = std::fs::read(&path).unwrap();
            whole.extend_from_slice(&bytes);
            std::fs::write(&path, &whole).unwrap();
            prop_assert_eq!(found(&path, 3), [0, 1, 2]);
        }
    }
}
