//! Which vectors of its items an index has.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which vectors of its items an index has: those of the encoder, or those that a searching module moved them to.
///
/// An index file keeps it beside the ids ([`IdentifiedIndex::with_vectors`](crate::IdentifiedIndex::with_vectors)), so that
/// [`IndexFile::check_vectors`](crate::IndexFile::check_vectors) can refuse queries that are mapped for other vectors.
///
/// ```
/// use ess_core::{Embeddings, Error, PersistentIndex};
/// use ess_index::{FlatIndex, IdentifiedIndex, IndexFile, ItemVectors, Opening};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.index");
/// let index = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?;
/// let index = IdentifiedIndex::new(index, vec!["x".to_owned(), "y".to_owned()])?;
/// index.with_vectors(ItemVectors::Encoded).save(&path)?;
///
/// let file = IndexFile::open(&path, Opening::Mapped)?;
/// file.check_vectors(&ItemVectors::Encoded)?;
/// // A module that moves items, by the checksum of its item side (`TwoSided::item_side_checksum` of ess-search).
/// let refused = file.check_vectors(&ItemVectors::Moved("xxh3-64:0123456789abcdef".to_owned()));
/// assert!(refused.unwrap_err().to_string().contains("build the index with that module"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ItemVectors {
    /// As the encoder gave them.
    Encoded,
    /// As the item side with this checksum moved them.
    Moved(String),
}

impl fmt::Display for ItemVectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoded => f.write_str("items as the encoder gave them"),
            Self::Moved(checksum) => write!(f, "items moved by a searching module (item side {checksum})"),
        }
    }
}
