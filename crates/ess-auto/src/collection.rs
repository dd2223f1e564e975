//! The items that are searched.

use ess_core::{Embeddings, Error, Ids, Index, QueryEncoder};
use ess_hybrid::HybridEncoding;
use ess_index::{FlatIndex, PassageIndex, PassageRows};
use ess_lexical::{Bm25Config, Bm25Encoder, SparseIndex, SparseVectors};

/// `m` items: their ids, their frozen embeddings (`m × d`) with an exact index, and, where there are texts, their words;
/// perhaps embeddings of their passages too.
///
/// ```
/// use ess_auto::Collection;
/// use ess_core::{Embeddings, Ids};
///
/// let ids = Ids::new(vec!["d1".into(), "d2".into()])?;
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let collection = Collection::new(ids, items)?.with_texts(&["statins", "bones"], Default::default())?;
/// assert!(collection.has_texts());
/// # Ok::<(), ess_core::Error>(())
/// ```
pub struct Collection {
    pub(crate) ids: Ids,
    pub(crate) items: Embeddings,
    pub(crate) index: FlatIndex,
    pub(crate) words: Option<Words>,
    pub(crate) passages: Option<Passages>,
}

/// The items' passages, in the space of the items.
pub(crate) struct Passages {
    pub(crate) embeddings: Embeddings,
    pub(crate) index: PassageIndex<FlatIndex>,
}

/// The items' words.
pub(crate) struct Words {
    pub(crate) encoder: Bm25Encoder,
    pub(crate) items: SparseVectors,
    pub(crate) index: SparseIndex,
}

impl Collection {
    /// Items with their ids, in the same order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their numbers differ.
    pub fn new(ids: Ids, items: Embeddings) -> Result<Self, Error> {
        let (expected, found) = (items.len(), ids.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "ids of items", expected, found });
        }
        let index = FlatIndex::new(items.clone())?;
        Ok(Self { ids, items, index, words: None, passages: None })
    }

    /// Adds the items' texts, in the same order, for searching by words.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of texts, and those of [`Bm25Encoder::fit`].
    pub fn with_texts(mut self, texts: &[&str], config: Bm25Config) -> Result<Self, Error> {
        let (expected, found) = (self.items.len(), texts.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "texts of items", expected, found });
        }
        let encoder = Bm25Encoder::fit(texts, config)?;
        let items = encoder.encode_items(texts)?;
        let index = SparseIndex::new(&items);
        self.words = Some(Words { encoder, items, index });
        Ok(self)
    }

    /// Adds embeddings of the items' passages (`p × d`), by the same encoder, for searching by the best of them.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for another dimension than the items', [`Error::LengthMismatch`] unless `rows` has as
    /// many items and as many passages.
    pub fn with_passages(mut self, passages: Embeddings, rows: PassageRows) -> Result<Self, Error> {
        Error::check_dim("passages of the items", self.items.dim(), passages.dim())?;
        let (what, expected, found) = ("items with passages", self.items.len(), rows.items());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
        let index = PassageIndex::new(FlatIndex::new(passages.clone())?, rows)?;
        self.passages = Some(Passages { embeddings: passages, index });
        Ok(self)
    }

    /// The number of items, `m`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The items' embeddings, `m × d`.
    pub fn items(&self) -> &Embeddings {
        &self.items
    }

    /// The items' ids.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The exact index of the embeddings.
    pub fn index(&self) -> &dyn Index {
        &self.index
    }

    /// Whether there are texts to search by words.
    pub fn has_texts(&self) -> bool {
        self.words.is_some()
    }

    /// Whether there are passages to search by.
    pub fn has_passages(&self) -> bool {
        self.passages.is_some()
    }

    /// Queries, given by embedding (`n × d`) and text, as a hybrid searcher reads them.
    ///
    /// # Errors
    /// [`Error::External`] around [`crate::Error::NoTexts`] without texts of the items; [`Error::LengthMismatch`] when
    /// there are not as many texts as embeddings.
    pub fn encode(&self, queries: &Embeddings, texts: &[&str]) -> Result<HybridEncoding, Error> {
        let words = self.words.as_ref().ok_or(crate::Error::NoTexts { what: "the collection" })?;
        HybridEncoding::new(queries.clone(), words.encoder.encode_queries(texts)?)
    }
}
