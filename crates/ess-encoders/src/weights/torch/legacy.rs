//! Files of `torch.save` before version 1.6: five programs one after another, and then the storages.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    machine::{self, Made},
    objects::{Object, STORAGE_BYTES},
    span::{Content, MAX_PICKLE_BYTES, Span},
    state,
};
use crate::error::Error;

// The first program: a number of ten bytes, which no other file begins with.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
const PROTOCOL: i64 = 1001;

/// The tensors of a file, and where their storages lie.
pub(super) fn read(path: &Path, file: &mut File) -> Result<Content, Error> {
    let malformed =
        |reason: &str| Error::MalformedWeights { path: path.to_owned(), reason: reason.to_owned() };
    let length = file.metadata().map_err(Error::io(path))?.len();
    file.seek(SeekFrom::Start(0)).map_err(Error::io(path))?;
    let mut programs = Vec::new();
    file.by_ref().take(MAX_PICKLE_BYTES).read_to_end(&mut programs).map_err(Error::io(path))?;
    if !programs.starts_with(MAGIC) {
        return Err(malformed("it does not begin as a file of torch.save"));
    }
    let protocol = machine::run(path, &programs, MAGIC.len())?;
    if protocol.result != Object::Int(PROTOCOL) {
        return Err(malformed("its protocol is not 1001"));
    }
    let system = machine::run(path, &programs, protocol.end)?;
    if !is_little_endian(&system) {
        return Err(malformed("its numbers are not little-endian"));
    }
    let made = machine::run(path, &programs, system.end)?;
    let keys = machine::run(path, &programs, made.end)?;
    let tensors = state::of(path, &made)?;
    let storages = storages(path, file, length, &made, &keys)?;
    Ok((tensors, storages))
}

fn is_little_endian(system: &Made<'_>) -> bool {
    let Object::Dict(said) = system.result else { return false };
    let mut pairs = system.held(said).chunks_exact(2);
    pairs.any(|pair| system.text(&pair[0]) == Some("little_endian") && pair[1] == Object::Bool(true))
}

/// The storages stand in the order of their keys, each behind how many numbers it has.
fn storages(
    path: &Path,
    file: &mut File,
    length: u64,
    made: &Made<'_>,
    keys: &Made<'_>,
) -> Result<HashMap<String, Span>, Error> {
    const COUNT: u64 = 8;
    let malformed = |reason: String| Error::MalformedWeights { path: path.to_owned(), reason };
    let Object::List(listed) = keys.result else {
        return Err(malformed("its storages are not listed".to_owned()));
    };
    let bytes: HashMap<&str, u64> =
        made.storages().map(|(class, key, _)| (key, STORAGE_BYTES[class])).collect();
    let mut found = HashMap::new();
    let mut at = keys.end as u64;
    for key in keys.held(listed) {
        let key = keys.text(key).ok_or_else(|| malformed("the key of a storage is not a text".to_owned()))?;
        let width =
            bytes.get(key).ok_or_else(|| malformed(format!("no tensor looks into storage {key:?}")))?;
        let torn = || malformed(format!("storage {key:?} ends behind byte {length}"));
        if at.checked_add(COUNT).is_none_or(|end| end > length) {
            return Err(torn());
        }
        file.seek(SeekFrom::Start(at)).map_err(Error::io(path))?;
        let mut count = [0; COUNT as usize];
        file.read_exact(&mut count).map_err(Error::io(path))?;
        let span =
            u64::from_le_bytes(count).checked_mul(*width).map(|length| Span { start: at + COUNT, length });
        let end = span.and_then(|span| span.start.checked_add(span.length)).filter(|&end| end <= length);
        let (Some(span), Some(end)) = (span, end) else { return Err(torn()) };
        found.insert(key.to_owned(), span);
        at = end;
    }
    Ok(found)
}

impl Made<'_> {
    /// The storages that tensors of the result look into.
    fn storages(&self) -> impl Iterator<Item = (usize, &str, &[Object])> {
        let all = match self.result {
            Object::Dict(all) => self.held(all),
            _ => &[],
        };
        all.iter().filter_map(|object| match object {
            Object::Tensor(described) => match self.held(*described).first() {
                Some(Object::Storage(at)) => state::storage(self, *at),
                _ => None,
            },
            _ => None,
        })
    }
}
