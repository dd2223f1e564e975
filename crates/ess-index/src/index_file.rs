//! Opening index files of any kind.

mod compact;

pub use compact::{Compacted, compact_file};

use std::path::Path;

use ess_core::Index;
use ess_files::Opening;

use crate::error::Error;
use crate::exact::index::FlatIndex;
use crate::file::{contents::Contents, stored::Stored};
use crate::graph::{default_recall::DefaultRecall, index::GraphIndex, stored_recall};
use crate::identified::{item_vectors::ItemVectors, row_id::RowId, stored_vectors};
use crate::ivf_pq::index::IvfPqIndex;
use crate::tokens::index::TokenIndex;

/// An open index file, from which the index and its ids are read. Both come from the same version of the file, even if the
/// file is replaced meanwhile.
///
/// A mapped file must not be truncated or written to in place: the operating system ends a process that reads beyond the end
/// of a file (`SIGBUS`). Replacing the file as a whole, as saving does, is safe. Use [`Opening::Read`] where other programs may
/// write to the file.
///
/// ```
/// use ess_core::{Embeddings, Index, PersistentIndex};
/// use ess_index::{FlatIndex, IdentifiedIndex, IndexFile, Opening};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.index");
/// let items = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?;
/// IdentifiedIndex::new(items, vec!["x".to_owned(), "y".to_owned()])?.save(&path)?;
///
/// let file = IndexFile::open(&path, Opening::default())?;
/// let (index, ids) = (file.index()?, file.ids::<String>()?.expect("saved with ids"));
/// let hits = index.search(&Embeddings::from_rows(&[[0.1, 1.0]])?, 1)?;
/// assert_eq!(ids[hits[0][0].item], "y");
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Debug)]
pub struct IndexFile(Contents);

impl IndexFile {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Format`] when it is no index file or was cut off,
    /// [`Error::Damaged`] when a checksum does not match.
    pub fn open(path: &Path, opening: Opening) -> Result<Self, Error> {
        Ok(Self(Contents::open(path, opening)?))
    }

    /// The kind of index, such as `flat`.
    pub fn kind(&self) -> &str {
        self.0.kind()
    }

    /// The index.
    ///
    /// # Errors
    /// [`Error::Format`] for a kind that this version does not know, [`Error::Damaged`] when a
    /// checksum does not match.
    pub fn index(&self) -> Result<Box<dyn Index>, Error> {
        of_kind(&self.0)
    }

    /// The index, where it is one of token vectors (kind `tokens`), which [`IndexFile::index`] refuses: it is searched with
    /// other encodings.
    ///
    /// # Errors
    /// As [`IndexFile::index`], for any other kind.
    pub fn token_index(&self) -> Result<TokenIndex, Error> {
        TokenIndex::from_file(&self.0)
    }

    /// The ids that the index was saved with as an [`IdentifiedIndex`](crate::IdentifiedIndex), by row; `None` without.
    ///
    /// # Errors
    /// As [`IndexFile::index`]; [`Error::Format`] for ids of another type.
    pub fn ids<Id: RowId>(&self) -> Result<Option<Vec<Id>>, Error> {
        if self.0.has("ids") || self.0.has("id_ends") {
            return Id::from_contents(None, &self.0).map(Some);
        }
        Ok(None)
    }

    /// Which vectors of the items the index has; `None` where the file does not say, as files of earlier versions do not.
    ///
    /// # Errors
    /// [`Error::Format`] and [`Error::Damaged`] for a section that does not say it.
    pub fn vectors(&self) -> Result<Option<ItemVectors>, Error> {
        stored_vectors::read(&self.0)
    }

    /// The recall of a graph at its default effort, as [`GraphIndex::default_recall`]; `None` for other kinds.
    ///
    /// # Errors
    /// [`Error::Format`] and [`Error::Damaged`] for a section that does not say it.
    pub fn default_recall(&self) -> Result<Option<DefaultRecall>, Error> {
        stored_recall::read(&self.0)
    }

    /// Refuses an index of other vectors than the queries are mapped for. A file that does not say which it has is let pass.
    ///
    /// # Errors
    /// [`Error::OtherVectors`], which says what to do; those of [`IndexFile::vectors`].
    pub fn check_vectors(&self, expected: &ItemVectors) -> Result<(), Error> {
        match self.vectors()? {
            Some(found) if found != *expected => {
                let (path, expected) = (self.0.path().to_owned(), expected.clone());
                Err(Error::OtherVectors { path, expected, found })
            }
            _ => Ok(()),
        }
    }
}

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
    of_kind(&Contents::open(path, Opening::Read)?)
}

/// Maps an index of any kind and checks its header alone. [`IndexFile`] describes the risk, and offers other ways.
///
/// # Errors
/// As `ess_core::PersistentIndex::open_mapped`; [`Error::Format`] for a kind that this version does not know.
pub fn open_mapped(path: &Path) -> Result<Box<dyn Index>, Error> {
    of_kind(&Contents::open(path, Opening::MappedUnverified)?)
}

/// Reads all of an index file, including its ids, and checks it against its checksums.
///
/// # Errors
/// As [`open`].
pub fn verify(path: &Path) -> Result<(), Error> {
    let contents = Contents::open(path, Opening::Read)?;
    contents.verify()?;
    match contents.kind() {
        TokenIndex::KIND => TokenIndex::from_file(&contents).map(drop),
        _ => of_kind(&contents).map(drop),
    }
}

/// The kind of index in a file, such as `flat`. It reads the header alone.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Format`] or [`Error::Damaged`] when it is no index file.
pub fn kind(path: &Path) -> Result<String, Error> {
    Ok(Contents::open(path, Opening::MappedUnverified)?.kind().to_owned())
}

/// The ids that an index was saved with as an [`IdentifiedIndex`](crate::IdentifiedIndex), by row; `None` without.
/// [`IndexFile`] reads them together with the index, from the same version of the file.
///
/// # Errors
/// As [`open`]; [`Error::Format`] for ids of another type.
pub fn ids<Id: RowId>(path: &Path) -> Result<Option<Vec<Id>>, Error> {
    IndexFile::open(path, Opening::Read)?.ids()
}

fn of_kind(contents: &Contents) -> Result<Box<dyn Index>, Error> {
    match contents.kind() {
        FlatIndex::KIND => Ok(Box::new(FlatIndex::from_file(contents)?)),
        GraphIndex::KIND => Ok(Box::new(GraphIndex::from_file(contents)?)),
        IvfPqIndex::KIND => Ok(Box::new(IvfPqIndex::from_file(contents)?)),
        TokenIndex::KIND => Err(contents.mismatch("an index of embeddings", "one of token vectors")),
        kind => Err(contents.mismatch("a known kind of index", format!("kind {kind:?}"))),
    }
}
