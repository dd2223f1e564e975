//! Mapped queries and what they are compared with.

use ess_core::{Embeddings, Hit, Index, Scored, Scoring};
use ess_linalg::kernels::dot;

use crate::error::Error;

/// Mapped queries (`n × d_item`, or rows of a scoring) and the items that they search.
pub(crate) struct MappedQueries<'a> {
    pub(crate) rows: &'a Embeddings,
    pub(crate) items: &'a Embeddings,
    pub(crate) index: &'a dyn Index,
    pub(crate) scoring: Option<&'a dyn Scoring>,
}

impl MappedQueries<'_> {
    /// The `k` best items of each query: by the index, or by the scoring over all items.
    pub(super) fn search(&self, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        Ok(match self.scoring {
            Some(scoring) => Scored::new(scoring).search(self.rows, self.items, k)?,
            None => self.index.search(self.rows, k)?,
        })
    }

    /// How similar an item is to a query.
    pub(super) fn similarity(&self, query: usize, item: usize) -> Result<f32, Error> {
        let (query, item) = (self.rows.row(query), self.items.row(item));
        let Some(scoring) = self.scoring else { return Ok(dot(query, item)) };
        let item =
            ndarray::ArrayView2::from_shape((1, item.len()), item).map_err(ess_core::Error::external)?;
        Ok(Scored::new(scoring).of_query(query, item)?[0])
    }
}
