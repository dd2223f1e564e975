//! One vector in the file of a cache.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::key::CacheKey;
use crate::http::answer::MAX_DIM;

/// Begins a record, so that the next one is found behind one that is damaged.
pub(super) const MARK: [u8; 4] = *b"\xe5VEC";
/// Mark, dimension and key.
const HEAD_BYTES: usize = 4 + 4 + 32;
const SUM_BYTES: usize = 8;

pub(super) struct Record {
    pub(super) key: CacheKey,
    pub(super) vector: Vec<f32>,
}

impl Record {
    pub(super) fn write(key: &CacheKey, vector: &[f32], out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MARK);
        out.extend_from_slice(&(vector.len() as u32).to_le_bytes());
        out.extend_from_slice(key);
        vector.iter().for_each(|component| out.extend_from_slice(&component.to_le_bytes()));
        let sum = sum(&out[start..]);
        out.extend_from_slice(&sum);
    }

    /// The bytes that it takes.
    pub(super) fn bytes(&self) -> u64 {
        (HEAD_BYTES + 4 * self.vector.len() + SUM_BYTES) as u64
    }
}

/// Reads a record; `None` where there is none, or not the whole of it, or not what was written.
pub(super) fn read_record(file: &mut impl Read) -> io::Result<Option<Record>> {
    let mut bytes = vec![0; HEAD_BYTES];
    if !fill(file, &mut bytes)? || bytes[..4] != MARK {
        return Ok(None);
    }
    let dim = u32::from_le_bytes(std::array::from_fn(|i| bytes[4 + i])) as usize;
    if dim > MAX_DIM {
        return Ok(None);
    }
    bytes.resize(HEAD_BYTES + 4 * dim + SUM_BYTES, 0);
    if !fill(file, &mut bytes[HEAD_BYTES..])? {
        return Ok(None);
    }
    let (record, found) = bytes.split_at(bytes.len() - SUM_BYTES);
    if sum(record) != found {
        return Ok(None);
    }
    let key = std::array::from_fn(|i| record[8 + i]);
    let (components, _) = record[HEAD_BYTES..].as_chunks::<4>();
    let vector = components.iter().map(|component| f32::from_le_bytes(*component)).collect();
    Ok(Some(Record { key, vector }))
}

fn sum(record: &[u8]) -> [u8; SUM_BYTES] {
    let digest = Sha256::digest(record);
    std::array::from_fn(|i| digest[i])
}

/// Whether there were as many bytes.
fn fill(file: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}
