//! An index whose items have ids of the caller's.

use std::collections::HashMap;

use ess_core::{Capabilities, Effort, Embeddings, Error, Hit, Index, MemoryUse, RowSet, SearchParams};

use super::{item_vectors::ItemVectors, row_id::RowId};

/// A hit with the id of its item.
#[derive(Clone, Debug, PartialEq)]
pub struct IdHit<Id> {
    /// The item's id.
    pub id: Id,
    /// The similarity of query and item; larger is more relevant.
    pub similarity: f32,
}

/// An index of any kind, with ids that the caller gives: `u64` or `String`.
///
/// It is an [`Index`] by rows as well; [`IdentifiedIndex::id`] gives the id of a row. An id that was removed can be added again,
/// and then has a new row. [`IdentifiedIndex::compact`] frees the space of removed items. The ids are saved in the file of the
/// index.
///
/// ```
/// use ess_core::{Embeddings, Error};
/// use ess_index::{FlatIndex, IdentifiedIndex};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let mut index = IdentifiedIndex::new(FlatIndex::new(items)?, vec!["x".to_owned(), "y".to_owned()])?;
/// let query = Embeddings::from_rows(&[[0.2, 1.0]])?;
/// assert_eq!(index.search_ids(&query, 1)?[0][0].id, "y");
///
/// index.upsert(&["y".to_owned()], &Embeddings::from_rows(&[[-1.0, 0.0]])?)?;
/// assert_eq!(index.search_ids(&query, 1)?[0][0].id, "x");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct IdentifiedIndex<I, Id = String> {
    pub(super) index: I,
    /// The id of each row, including removed rows.
    pub(super) ids: Vec<Id>,
    /// The row of each id that is not removed.
    pub(super) rows: HashMap<Id, usize>,
    /// Which vectors the items have, where that is known.
    pub(super) vectors: Option<ItemVectors>,
}

impl<I: Index, Id: RowId> IdentifiedIndex<I, Id> {
    /// Gives ids to the rows of an index. No item of it may have been removed.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is an id for each row, [`Error::DuplicateId`] for an id given twice.
    pub fn new(index: I, ids: Vec<Id>) -> Result<Self, Error> {
        if ids.len() != index.len() || index.rows() != index.len() {
            return Err(Error::LengthMismatch { what: "ids", expected: index.rows(), found: ids.len() });
        }
        let mut rows = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().enumerate() {
            if let Some(first) = rows.insert(id.clone(), second) {
                return Err(Error::DuplicateId { id: id.to_string(), first, second });
            }
        }
        Ok(Self { index, ids, rows, vectors: None })
    }

    /// Notes which vectors the items have; the file of the index says it.
    #[must_use]
    pub fn with_vectors(self, vectors: ItemVectors) -> Self {
        Self { vectors: Some(vectors), ..self }
    }

    /// Which vectors the items have; `None` where that is unknown.
    pub fn vectors(&self) -> Option<&ItemVectors> {
        self.vectors.as_ref()
    }

    /// As [`Index::search`], with ids.
    ///
    /// # Errors
    /// As [`Index::search`].
    pub fn search_ids(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<IdHit<Id>>>, Error> {
        self.search_ids_with(queries, k, &SearchParams::default())
    }

    /// As [`Index::search_with`], with ids. [`IdentifiedIndex::row_set`] gives a filter of ids.
    ///
    /// # Errors
    /// As [`Index::search_with`].
    pub fn search_ids_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<IdHit<Id>>>, Error> {
        let named = |hit: Hit| IdHit { id: self.ids[hit.item].clone(), similarity: hit.similarity };
        let hits = self.index.search_with(queries, k, params)?;
        Ok(hits.into_iter().map(|hits| hits.into_iter().map(named).collect()).collect())
    }

    /// The index, by rows.
    pub fn index(&self) -> &I {
        &self.index
    }

    /// The id of a row, also of a removed one; `None` for a row that does not exist.
    pub fn id(&self, row: usize) -> Option<&Id> {
        self.ids.get(row)
    }

    /// The row of an id.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for an id that is not in the index.
    pub fn row(&self, id: &Id) -> Result<usize, Error> {
        let unknown = || Error::UnknownId { id: id.to_string(), len: self.rows.len() };
        self.rows.get(id).copied().ok_or_else(unknown)
    }

    /// The rows of these ids, as a filter.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for an id that is not in the index.
    pub fn row_set<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) -> Result<RowSet, Error>
    where
        Id: 'a,
    {
        let mut set = RowSet::new(self.index.rows());
        for id in ids {
            set.insert(self.row(id)?)?;
        }
        Ok(set)
    }
}

impl<I: Index, Id: RowId> Index for IdentifiedIndex<I, Id> {
    fn dim(&self) -> usize {
        self.index.dim()
    }

    fn len(&self) -> usize {
        self.index.len()
    }

    fn rows(&self) -> usize {
        self.index.rows()
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.index.search_with(queries, k, params)
    }

    fn capabilities(&self) -> Capabilities {
        // Items come and go with their ids alone.
        Capabilities { add: false, remove: false, ..self.index.capabilities() }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        self.index.memory_use()
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        self.index.efforts(k)
    }
}
