//! A second pass whose queries a searching module computes from the first pass.

use ess_core::{Embeddings, Error, Hit, Index, SearchModule, Searcher, TokenStates};

use super::first_pass::FirstPass;

/// Feedback with a trained module: the module reads each query with the items of a first pass ([`FirstPass::states`]), and a
/// second pass searches with the vectors that it returns.
///
/// It calls the index twice with the same number of queries: for `depth` items, then for `k`. It also reads `depth` item
/// vectors for each query. [`FeedbackSearcher`](crate::FeedbackSearcher) does the same with a fixed formula in the module's
/// place.
///
/// ```
/// use ess_core::{Embeddings, Error, SearchModule, Searcher, TokenStates};
/// use ess_searchers::{FirstPass, TwoPassSearcher};
/// use ess_index::FlatIndex;
///
/// /// Adds half of the first item to the query. A trained module takes its place.
/// struct TowardsTheFirst;
///
/// impl SearchModule<TokenStates> for TowardsTheFirst {
///     fn query_dim(&self) -> usize {
///         2
///     }
///     fn item_dim(&self) -> usize {
///         2
///     }
///     fn apply(&self, found: &TokenStates) -> Result<Embeddings, Error> {
///         let moved = |row| {
///             let (query, items) = found.states(row).split_at(2);
///             [query[0] + 0.5 * items[0], query[1] + 0.5 * items[1]]
///         };
///         Embeddings::from_rows(&[0].map(moved))
///     }
/// }
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])?;
/// let index = FlatIndex::new(items.clone())?;
/// let searcher = TwoPassSearcher::new(FirstPass::new(&index, &items, 1)?, TowardsTheFirst)?;
/// let hits = searcher.search(&Embeddings::from_rows(&[[0.6, 0.8]])?, 3)?;
/// assert_eq!(hits[0].iter().map(|hit| hit.item).collect::<Vec<_>>(), [1, 2, 0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TwoPassSearcher<'a, I, M> {
    first: FirstPass<'a, I>,
    module: M,
}

impl<'a, I: Index, M: SearchModule<TokenStates>> TwoPassSearcher<'a, I, M> {
    /// A second pass over the index of `first`, with the queries that `module` returns.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when the module reads states or returns vectors of another dimension than the items'.
    pub fn new(first: FirstPass<'a, I>, module: M) -> Result<Self, Error> {
        let dim = first.index().dim();
        Error::check_dim("module that reads a first pass", module.query_dim(), dim)?;
        Error::check_dim("index behind a searching module", module.item_dim(), dim)?;
        Ok(Self { first, module })
    }
}

impl<I: Index, M: SearchModule<TokenStates>> Searcher for TwoPassSearcher<'_, I, M> {
    fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        self.first.index().search(&self.module.apply(&self.first.states(queries)?)?, k)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ess_core::{SearchParams, SentenceIdentity};
    use ess_index::FlatIndex;

    use super::*;

    /// An index that records the number of queries and of hits of every call.
    struct Counting {
        index: FlatIndex,
        calls: Mutex<Vec<(usize, usize)>>,
    }

    impl Index for Counting {
        fn dim(&self) -> usize {
            self.index.dim()
        }

        fn len(&self) -> usize {
            self.index.len()
        }

        fn search_with(
            &self,
            queries: &Embeddings,
            k: usize,
            params: &SearchParams<'_>,
        ) -> Result<Vec<Vec<Hit>>, Error> {
            self.calls.lock().unwrap().push((queries.len(), k));
            self.index.search_with(queries, k, params)
        }
    }

    #[test]
    fn the_identity_finds_what_one_pass_finds_at_the_price_of_one_more_call() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]).unwrap();
        let index = Counting { index: FlatIndex::new(items.clone()).unwrap(), calls: Mutex::new(Vec::new()) };
        let queries = Embeddings::from_rows(&[[0.9, 0.1], [0.1, 0.9]]).unwrap();
        let first = FirstPass::new(&index, &items, 2).unwrap();
        let searcher = TwoPassSearcher::new(first, SentenceIdentity::new(2, 2)).unwrap();
        let found = searcher.search(&queries, 3).unwrap();
        assert_eq!(*index.calls.lock().unwrap(), [(2, 2), (2, 3)]);
        assert_eq!(found, index.search(&queries, 3).unwrap());
    }

    #[test]
    fn modules_of_other_dimensions_are_refused() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        for module in [SentenceIdentity::new(3, 2), SentenceIdentity::new(2, 3)] {
            let first = FirstPass::new(&index, &items, 1).unwrap();
            let found = TwoPassSearcher::new(first, module).err();
            assert!(matches!(found, Some(Error::DimensionMismatch { .. })));
        }
    }
}
