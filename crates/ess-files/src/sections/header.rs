//! The header of a file of sections.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::format::Format;
use crate::{checksum::Checksum, error::Error, magic::kind_of};

/// Before the JSON: magic, version, length and checksum.
pub(super) const PREFIX_BYTES: usize = 40;
const ALIGNMENT: u64 = 64;
const MAX_HEADER_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The kind of what the file has.
    pub(super) kind: String,
    /// What the kind says about itself.
    pub(super) about: serde_json::Value,
    pub(super) sections: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    /// From the start of the first section.
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) checksum: String,
}

/// The next multiple of the alignment; `None` when it overflows.
pub(super) fn aligned(position: u64) -> Option<u64> {
    position.checked_next_multiple_of(ALIGNMENT)
}

impl Header {
    /// The bytes up to the first section.
    pub(super) fn encode(&self, format: Format) -> serde_json::Result<Vec<u8>> {
        let mut json = serde_json::to_vec(self)?;
        json.resize((PREFIX_BYTES + json.len()).next_multiple_of(ALIGNMENT as usize) - PREFIX_BYTES, b' ');
        // What no reader would open must not replace what one does.
        if json.len() > MAX_HEADER_BYTES {
            let found = format!("a header of {} bytes, at most {MAX_HEADER_BYTES} can be read", json.len());
            return Err(serde::ser::Error::custom(found));
        }
        let mut bytes = format.magic.to_vec();
        bytes.extend(format.version.to_le_bytes());
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(Checksum::of(&json).to_string().into_bytes());
        bytes.extend(json);
        Ok(bytes)
    }

    /// The length of the JSON behind a prefix.
    pub(super) fn json_bytes(
        path: &Path,
        format: Format,
        prefix: &[u8; PREFIX_BYTES],
    ) -> Result<usize, Error> {
        if prefix[..8] != *format.magic {
            let found = kind_of(prefix).unwrap_or("other bytes at its start");
            return Err(Error::format(path, format.what, found));
        }
        let number =
            |at: usize| u32::from_le_bytes([prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]]);
        if number(8) != format.version {
            let expected = format!("version {}", format.version);
            return Err(Error::format(path, expected, format!("version {}", number(8))));
        }
        match number(12) as usize {
            length if length <= MAX_HEADER_BYTES => Ok(length),
            length => {
                let expected = format!("a header of at most {MAX_HEADER_BYTES} bytes");
                Err(Error::format(path, expected, format!("{length} bytes announced")))
            }
        }
    }

    /// Reads the JSON and checks it against its checksum, and the sections against the file's length.
    pub(super) fn decode(
        path: &Path,
        prefix: &[u8; PREFIX_BYTES],
        json: &[u8],
        file_bytes: u64,
    ) -> Result<Self, Error> {
        check(path, "the header", &String::from_utf8_lossy(&prefix[16..]), Checksum::of(json))?;
        let header: Self = serde_json::from_slice(json)
            .map_err(|error| Error::format(path, "a header of sections", error.to_string()))?;
        header.check_sections(path, (PREFIX_BYTES + json.len()) as u64, file_bytes)?;
        Ok(header)
    }

    /// The length of the file that has this header up to `start`.
    pub(super) fn file_bytes(&self, start: u64) -> u64 {
        self.sections.last().map_or(start, |last| start + last.offset + last.bytes)
    }

    fn check_sections(&self, path: &Path, start: u64, file_bytes: u64) -> Result<(), Error> {
        let mut end = Some(0_u64);
        for section in &self.sections {
            if end.and_then(aligned) != Some(section.offset) {
                return Err(Error::format(path, "sections one after the other", format!("{section:?}")));
            }
            end = section.offset.checked_add(section.bytes);
        }
        let expected = end.and_then(|end| start.checked_add(end));
        if !start.is_multiple_of(ALIGNMENT) || expected != Some(file_bytes) {
            let expected = expected.map_or("a possible length".into(), |bytes| format!("{bytes} bytes"));
            return Err(Error::format(path, expected, format!("{file_bytes} bytes")));
        }
        Ok(())
    }
}

/// Compares a checksum with the one written.
pub(super) fn check(path: &Path, what: &str, expected: &str, found: Checksum) -> Result<(), Error> {
    let found = found.to_string();
    if found == expected {
        return Ok(());
    }
    Err(Error::Damaged { path: path.to_owned(), what: what.into(), expected: expected.into(), found })
}
