//! Right checksums: a reader refuses everything else at once, and nothing behind the checksum would be tried.

use ess_files::{Checksum, seal_json};
use serde_json::Value;

/// Bytes of an index file before the JSON of its header.
const PREFIX: usize = 40;

/// Bytes of a checksum that is the end of a file.
const CHECKSUM: usize = 24;

/// A manifest with a right checksum; as it is where it does not end as a JSON object does.
pub fn sealed(manifest: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(manifest) {
        Ok(text) if text.trim_end().ends_with('}') => seal_json(text).into_bytes(),
        _ => manifest.to_vec(),
    }
}

/// A file whose last bytes are the checksum of the others: a store, a set of relations.
pub fn repaired_end(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let covered = bytes.len().saturating_sub(CHECKSUM);
    let checksum = Checksum::of(&bytes[..covered]).to_string();
    let end = bytes.len() - covered;
    bytes[covered..].copy_from_slice(&checksum.as_bytes()[..end]);
    bytes
}

/// A file with a checksum behind it: a checkpoint whose end is not there.
pub fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    [bytes, Checksum::of(bytes).to_string().as_bytes()].concat()
}

/// An index file, dense or sparse, with right checksums of its header and of every section that lies in it.
pub fn repaired_index(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.get(12..16).and_then(|length| length.try_into().ok()).map_or(0, u32::from_le_bytes);
    let start = PREFIX + length as usize;
    let (Some(header), Some(body)) = (bytes.get(PREFIX..start), bytes.get(start..)) else {
        return bytes.to_vec();
    };
    let header = with_sections(header, body).unwrap_or_else(|| header.to_vec());
    let mut repaired = bytes[..12].to_vec();
    repaired.extend((header.len() as u32).to_le_bytes());
    repaired.extend(Checksum::of(&header).to_string().into_bytes());
    repaired.extend(header);
    repaired.extend(body);
    repaired
}

/// The header with its sections' checksums; `None` where they are right already, or it has none.
fn with_sections(header: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut parsed: Value = serde_json::from_slice(header).ok()?;
    let mut changed = false;
    for section in parsed.get_mut("sections")?.as_array_mut()? {
        let number = |name: &str| section.get(name).and_then(Value::as_u64);
        let (Some(offset), Some(length)) = (number("offset"), number("bytes")) else { continue };
        let end = offset.saturating_add(length);
        let Some(covered) = body.get(offset.min(end) as usize..end as usize) else { continue };
        let right = Value::from(Checksum::of(covered).to_string());
        changed |= section["checksum"] != right;
        section["checksum"] = right;
    }
    let mut header = serde_json::to_vec(&parsed).ok().filter(|_| changed)?;
    header.resize((PREFIX + header.len()).next_multiple_of(64) - PREFIX, b' ');
    Some(header)
}
