//! Opening an index whose kind only its file knows.

use std::path::Path;

use ess_core::Index;

use crate::file::{Contents, Stored};
use crate::{Error, FlatIndex, GraphIndex, QuantisedIndex, RowId};

/// Reads an index of any kind into memory and checks all of it.
///
/// ```
/// use ess_core::{Embeddings, Index, PersistentIndex};
/// use ess_index::FlatIndex;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.index");
/// FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?.save(&path)?;
/// let index: Box<dyn Index> = ess_index::open(&path)?;
/// assert_eq!(index.len(), 2);
/// # Ok::<(), ess_core::Error>(())
/// ```
///
/// # Errors
/// As `ess_core::PersistentIndex::open`; [`Error::Format`] for a kind that this version does not know.
pub fn open(path: &Path) -> Result<Box<dyn Index>, Error> {
    of_kind(&Contents::open(path)?)
}

/// Maps an index of any kind, checking its header alone.
///
/// # Errors
/// As `ess_core::PersistentIndex::open_mapped`; [`Error::Format`] for a kind that this version does not know.
pub fn open_mapped(path: &Path) -> Result<Box<dyn Index>, Error> {
    of_kind(&Contents::map(path)?)
}

/// Reads all of an index file once, the ids kept with it included, and checks it.
///
/// # Errors
/// As [`open`].
pub fn verify(path: &Path) -> Result<(), Error> {
    let contents = Contents::open(path)?;
    contents.verify()?;
    of_kind(&contents).map(drop)
}

/// The kind of index that a file has, such as `flat`; only the header is looked at.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Format`] or [`Error::Damaged`] when it is no index file.
pub fn kind(path: &Path) -> Result<String, Error> {
    Ok(Contents::map(path)?.kind().to_owned())
}

/// The ids that an index was saved with as an [`IdentifiedIndex`](crate::IdentifiedIndex), by row; `None` without.
///
/// # Errors
/// As [`open`]; [`Error::Format`] for ids of another type.
pub fn ids<Id: RowId>(path: &Path) -> Result<Option<Vec<Id>>, Error> {
    let contents = Contents::open(path)?;
    if contents.has("ids") || contents.has("id_ends") {
        return Id::from_contents(None, &contents).map(Some);
    }
    Ok(None)
}

fn of_kind(contents: &Contents) -> Result<Box<dyn Index>, Error> {
    match contents.kind() {
        FlatIndex::KIND => Ok(Box::new(FlatIndex::from_file(contents)?)),
        GraphIndex::KIND => Ok(Box::new(GraphIndex::from_file(contents)?)),
        QuantisedIndex::KIND => Ok(Box::new(QuantisedIndex::from_file(contents)?)),
        kind => Err(contents.mismatch("a known kind of index", format!("kind {kind:?}"))),
    }
}
