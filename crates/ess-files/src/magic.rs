//! The kind of a file, by its first bytes.

/// Leading bytes and what they begin.
const MAGICS: [(&[u8], &str); 16] = [
    (b"\x93NUMPY", "a NumPy array (.npy), which `ess import` makes a store of"),
    (b"\x1f\x8b", "a gzip-compressed file"),
    (b"\x28\xb5\x2f\xfd", "a zstd-compressed file"),
    (b"\xfd7zXZ\0", "an xz-compressed file"),
    (b"BZh91AY&SY", "a bzip2-compressed file"),
    (b"\xff\xfe", "a file in UTF-16, which is not UTF-8"),
    (b"\xfe\xff", "a file in UTF-16, which is not UTF-8"),
    (b"PK\x03\x04", "a zip archive, such as .npz"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"ESSINDEX", "an index file of ESS"),
    (b"ESSPARSE", "a sparse index, or sparse vectors, of ESS"),
    (b"ESSTRAIN", "a checkpoint of a training run of ESS"),
    (b"ESSTOWER", "a checkpoint of the training of an encoder of ESS"),
    (b"ESSRELAT", "a set of relations of ESS"),
    (b"SQLite format 3\0", "an SQLite database"),
];
const SAFETENSORS_LENGTH_BYTES: usize = 8;

/// The kind of file that begins with these bytes, as text for an error; `None` where that is unknown.
///
/// For files that were already found not to be what was expected: a few bytes do not prove what a file is. 16 bytes
/// are enough.
///
/// ```
/// assert_eq!(ess_files::kind_of(b"PAR1\x15\x04"), Some("a Parquet file"));
/// assert_eq!(ess_files::kind_of(&[0; 16]), None);
/// ```
pub fn kind_of(start: &[u8]) -> Option<&'static str> {
    if let Some((_, kind)) = MAGICS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(kind);
    }
    let is_text =
        |bytes: &[u8]| bytes.iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace());
    let start = &start[..start.len().min(16)];
    if matches!(start.trim_ascii_start().first(), Some(b'{' | b'[')) && is_text(start) {
        return Some("a JSON text");
    }
    let behind_length = start.get(SAFETENSORS_LENGTH_BYTES..).unwrap_or_default();
    if behind_length.starts_with(b"{\"") {
        return Some("a safetensors file, such as an embedding store");
    }
    (start.len() >= SAFETENSORS_LENGTH_BYTES && is_text(start)).then_some("a text")
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn a_length_that_looks_like_a_brace_is_no_json_text() {
        assert_eq!(
            kind_of(b"{\x01\0\0\0\0\0\0{\"a\":1}"),
            Some("a safetensors file, such as an embedding store")
        );
        assert_eq!(kind_of(b" {\"a\":1}"), Some("a JSON text"));
        assert_eq!(kind_of(b"{"), Some("a JSON text"));
        assert_eq!(kind_of(b"\xff\xfe{\0"), Some("a file in UTF-16, which is not UTF-8"));
        assert_eq!(kind_of(b"BZh9 is an id\n"), Some("a text"));
        assert_eq!(kind_of(b""), None);
        assert_eq!(kind_of(b"PK"), None);
        assert_eq!(kind_of(b"query-id\tcorpus-id\tscore\n"), Some("a text"));
        assert_eq!(kind_of(b"\x07 \0\0\0\0\0\0 and more bytes"), None);
    }
}
