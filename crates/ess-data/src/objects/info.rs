//! An object as its store knows it.

use object_store::ObjectMeta;

/// An object of a folder: its name there, its length, and its tag, which is another one when the content is.
///
/// ```
/// use ess_data::ObjectFolder;
///
/// # let disk = tempfile::tempdir().unwrap();
/// # std::fs::write(disk.path().join("notes.txt"), "kept").unwrap();
/// let folder = ObjectFolder::open(&format!("file://{}", disk.path().display()))?;
/// let notes = folder.info("notes.txt")?;
/// assert_eq!((&*notes.name, notes.bytes), ("notes.txt", 4));
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// The name in the folder, such as `corpus.jsonl` or `corpus/0.parquet`.
    pub name: String,
    /// The length, in bytes.
    pub bytes: u64,
    /// The tag (ETag) without its quotes, where the store has one.
    pub e_tag: Option<String>,
}

impl ObjectInfo {
    pub(super) fn new(name: String, meta: &ObjectMeta) -> Self {
        Self { name, bytes: meta.size, e_tag: meta.e_tag.as_deref().map(plain_tag) }
    }
}

/// A tag as lists and headers both have it: some stores quote it in one of them alone, and some servers call it weak.
pub(super) fn plain_tag(tag: &str) -> String {
    tag.trim().trim_start_matches("W/").trim_matches('"').to_owned()
}
