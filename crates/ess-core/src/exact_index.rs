//! An exact index that needs `ndarray` alone.

use crate::{
    embeddings::Embeddings,
    error::Error,
    hit::Hit,
    index::{
        capabilities::Capabilities, definition::Index, filter::Filter, memory_use::MemoryUse,
        search_params::SearchParams,
    },
    similarity::{InnerProduct, Similarity},
    top_k::TopK,
};

/// Compares every query with every item, by any [`Similarity`]; the inner product by default.
///
/// It has no threads and no kernels of its own: right for some ten thousands of items, for tests, and as the truth
/// that an approximate index is measured against. `ess_index::FlatIndex` answers the same, faster, and can change.
/// Each query is compared by itself, so that its hits do not depend on the batch: of [`Cosine`](crate::Cosine), which
/// scales the items in every comparison, many queries cost less as inner products of
/// [normalised](Embeddings::normalized) items.
///
/// ```
/// use ess_core::{Cosine, Embeddings, ExactIndex, Index};
///
/// let items = Embeddings::from_rows(&[[9.0, 9.0], [0.0, 1.0], [1.0, 0.0]])?;
/// let query = Embeddings::from_rows(&[[0.1, 1.0]])?;
/// let rows = |index: &dyn Index| -> Result<Vec<usize>, ess_core::Error> {
///     Ok(index.search(&query, 2)?[0].iter().map(|hit| hit.item).collect())
/// };
/// assert_eq!(rows(&ExactIndex::new(items.clone()))?, [0, 1]);
/// assert_eq!(rows(&ExactIndex::with_similarity(items, Cosine))?, [1, 0]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExactIndex<S = InnerProduct> {
    items: Embeddings,
    similarity: S,
}

impl ExactIndex {
    /// Indexes `n × d` items, to be searched by inner product.
    pub fn new(items: Embeddings) -> Self {
        Self::with_similarity(items, InnerProduct)
    }
}

impl<S: Similarity> ExactIndex<S> {
    /// Indexes `n × d` items, to be searched by a similarity.
    pub fn with_similarity(items: Embeddings, similarity: S) -> Self {
        Self { items, similarity }
    }

    /// The items, in the order of their rows.
    pub fn items(&self) -> &Embeddings {
        &self.items
    }

    fn answer(
        &self,
        row: usize,
        query: &[f32],
        k: usize,
        filter: Option<Filter<'_>>,
    ) -> Result<Vec<Hit>, Error> {
        let query = Embeddings::from_rows(&[query])?;
        let similarities =
            self.similarity.similarities(&query, &self.items).map_err(|error| match error {
                Error::NonFinite { what, column, value, .. } => Error::NonFinite { what, row, column, value },
                error => error,
            })?;
        let (expected, found) = (self.items.len(), similarities.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "similarities of a query", expected, found });
        }
        let mut best = TopK::new(k);
        for (column, &value) in similarities.iter().enumerate() {
            if !value.is_finite() {
                let what = "similarity of query (row) and item (column)";
                return Err(Error::NonFinite { what, row, column, value });
            }
            if filter.is_none_or(|filter| filter.admits(column)) {
                best.push(Hit::new(column, value));
            }
        }
        Ok(best.into_sorted())
    }
}

impl<S: Similarity> Index for ExactIndex<S> {
    fn dim(&self) -> usize {
        self.items.dim()
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    /// As [`Index::search_with`].
    ///
    /// # Errors
    /// As [`Index::search_with`], and those of the similarity: [`Error::NonFinite`] when one overflows.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let k = self.check_search(queries, k)?;
        params.effort.check()?;
        queries.rows().enumerate().map(|(row, query)| self.answer(row, query, k, params.filter)).collect()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { exact: true, any_norm: true, filter: true, ..Capabilities::default() }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        Some(MemoryUse { owned: size_of_val(self.items.as_slice()), mapped: 0 })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn index() -> ExactIndex {
        ExactIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [f32::MAX, f32::MAX]]).unwrap())
    }

    #[test]
    fn bad_queries_are_refused_with_typed_errors() {
        let query = Embeddings::from_rows(&[[1.0, 0.0]]).unwrap();
        assert!(matches!(index().search(&query, 0), Err(Error::KOutOfRange { k: 0, len: 3 })));
        let wide = Embeddings::from_rows(&[[1.0, 0.0, 0.0]]).unwrap();
        let found = index().search(&wide, 1);
        assert!(matches!(found, Err(Error::DimensionMismatch { expected: 2, found: 3, .. })));
        // A NaN never becomes a query, and an overflow is named by query and item.
        assert!(matches!(Embeddings::from_rows(&[[f32::NAN, 0.0]]), Err(Error::NonFinite { .. })));
        let long = Embeddings::from_rows(&[[0.0, 0.0], [2.0, 2.0]]).unwrap();
        assert!(matches!(index().search(&long, 1), Err(Error::NonFinite { row: 1, column: 2, .. })));
    }

    #[test]
    fn a_k_beyond_the_items_finds_them_all() {
        let query = Embeddings::from_rows(&[[0.5, 0.0], [0.0, 0.5]]).unwrap();
        let found = index().search(&query, usize::MAX).unwrap();
        assert_eq!(found, index().search(&query, 3).unwrap());
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    }

    #[test]
    fn similarities_that_are_nan_or_too_few_are_refused() {
        struct Wrong(usize);
        impl Similarity for Wrong {
            fn similarities(&self, queries: &Embeddings, _: &Embeddings) -> Result<Array2<f32>, Error> {
                Ok(Array2::from_elem((queries.len(), self.0), f32::NAN))
            }
        }
        let query = Embeddings::from_rows(&[[1.0, 0.0]]).unwrap();
        let search =
            |given| ExactIndex::with_similarity(index().items().clone(), Wrong(given)).search(&query, 1);
        assert!(matches!(search(3), Err(Error::NonFinite { row: 0, column: 0, .. })));
        assert!(matches!(search(2), Err(Error::LengthMismatch { expected: 3, found: 2, .. })));
    }
}
