//! The space of removed items given back in a file.

use std::path::Path;

use ess_core::MutableIndex;

use crate::error::Error;
use crate::exact::FlatIndex;
use crate::file::{Contents, Stored};
use crate::graph::GraphIndex;
use crate::identified::IdentifiedIndex;
use crate::ivf_pq::IvfPqIndex;

/// What [`compact_file`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// The kind of index, such as `flat`.
    pub kind: String,
    /// The new row of each old one, `None` for those of removed items. Where no item was left, every row kept its number.
    pub rows: Vec<Option<usize>>,
    /// The bytes of the file that was read.
    pub bytes_before: u64,
    /// The bytes of the file that was written.
    pub bytes_after: u64,
}

/// Reads an index of any kind, checks it, gives back the space of removed items as [`MutableIndex::compact`] does, and
/// writes it: to the same file or to another. Ids stay with their items.
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
/// Those of [`open`](crate::open) and of writing the file. Then nothing has changed.
pub fn compact_file(from: &Path, to: &Path) -> Result<Compacted, Error> {
    let contents = Contents::open(from)?;
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
