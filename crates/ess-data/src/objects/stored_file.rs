//! A file of a set of objects.

use serde::{Deserialize, Serialize};

/// A file of a set, and the object that has its content.
///
/// ```
/// let stored = r#"{"file": "a.npy", "object": "a.2d06800538d394c2.npy", "bytes": 0,
///                  "checksum": "xxh3-64:2d06800538d394c2", "e_tag": null}"#;
/// let stored: ess_data::StoredFile = serde_json::from_str(stored)?;
/// assert_eq!((&*stored.file, stored.bytes), ("a.npy", 0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StoredFile {
    /// The file's name, such as `corpus.safetensors`.
    pub file: String,
    /// The object's name, which has the checksum in it, such as `corpus.0123456789abcdef.safetensors`.
    pub object: String,
    /// The length, in bytes.
    pub bytes: u64,
    /// The checksum of the content, as [`Checksum`](ess_files::Checksum) writes it.
    pub checksum: String,
    /// The object's tag in its store, where that has one.
    pub e_tag: Option<String>,
}
