//! Compacting index files.

use std::path::Path;

use ess_core::MutableIndex;
use ess_files::Opening;

use crate::error::Error;
use crate::exact::index::FlatIndex;
use crate::file::{contents::Contents, stored::Stored};
use crate::graph::index::GraphIndex;
use crate::identified::index::IdentifiedIndex;
use crate::ivf_pq::index::IvfPqIndex;

/// The result of [`compact_file`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// The kind of index, such as `flat`.
    pub kind: String,
    /// The new row of each old row; `None` for rows of removed items. If no item is left, every row keeps its number.
    pub rows: Vec<Option<usize>>,
    /// The size of the file that was read, in bytes.
    pub bytes_before: u64,
    /// The size of the file that was written, in bytes.
    pub bytes_after: u64,
}

/// Compacts an index file of any kind: it reads and checks the index, frees the space of removed items
/// ([`MutableIndex::compact`]), and writes the index to the same file or to another. Ids stay with their items.
///
/// ```
/// use ess_core::{Embeddings, PersistentIndex};
/// use ess_index::{FlatIndex, IdentifiedIndex};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.index");
/// let items = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])?)?;
/// let mut index = IdentifiedIndex::new(items, ["x", "y", "z"].map(String::from).to_vec())?;
/// index.remove(&["y".to_owned()])?;
/// index.save(&path)?;
///
/// let compacted = ess_index::compact_file(&path, &path)?;
/// assert_eq!(compacted.rows, [Some(0), None, Some(1)]);
/// assert!(compacted.bytes_after < compacted.bytes_before);
/// assert_eq!(ess_index::ids::<String>(&path)?.unwrap(), ["x", "z"]);
/// # Ok::<(), ess_core::Error>(())
/// ```
///
/// # Errors
/// Those of [`open`](crate::open) and of writing the file. No file has changed then.
pub fn compact_file(from: &Path, to: &Path) -> Result<Compacted, Error> {
    let contents = Contents::open(from, Opening::Read)?;
    let bytes_before = bytes_of(from)?;
    let rows = match contents.kind() {
        FlatIndex::KIND => compact::<FlatIndex>(&contents, to)?,
        GraphIndex::KIND => compact::<GraphIndex>(&contents, to)?,
        IvfPqIndex::KIND => compact::<IvfPqIndex>(&contents, to)?,
        kind => return Err(contents.mismatch("a known kind of index", format!("kind {kind:?}"))),
    };
    Ok(Compacted { kind: contents.kind().to_owned(), rows, bytes_before, bytes_after: bytes_of(to)? })
}

fn compact<I: Stored + MutableIndex>(contents: &Contents, to: &Path) -> Result<Vec<Option<usize>>, Error> {
    if contents.has("id_ends") {
        let mut index = IdentifiedIndex::<I, String>::from_file(contents)?;
        let rows = index.compact()?;
        return index.write(to).map(|()| rows);
    }
    if contents.has("ids") {
        let mut index = IdentifiedIndex::<I, u64>::from_file(contents)?;
        let rows = index.compact()?;
        return index.write(to).map(|()| rows);
    }
    let mut index = I::from_file(contents)?;
    let rows = index.compact()?;
    index.write(to).map(|()| rows)
}

fn bytes_of(path: &Path) -> Result<u64, Error> {
    std::fs::metadata(path).map(|metadata| metadata.len()).map_err(Error::io(path))
}
