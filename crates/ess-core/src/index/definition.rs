//! The trait of indexes.

use super::{
    capabilities::Capabilities,
    effort::Effort,
    memory_use::MemoryUse,
    recall::{self, Tuned},
    search_params::SearchParams,
};
use crate::{embeddings::Embeddings, error::Error, hit::Hit};

/// Answers the `k` items of highest similarity to each query.
///
/// The similarity is the inner product unless an implementation says otherwise. Queries are what a searching
/// module returns: vectors in the item space. Hits come most relevant first, ties in item order, and do not
/// depend on the number of threads.
///
/// Three methods are enough for an index: `dim`, `len` and `search_with`. The others have defaults that claim nothing:
/// no filter, no settings, no knowledge of memory. An index that changes is a [`MutableIndex`](crate::MutableIndex) too, one that is kept in a file a
/// [`PersistentIndex`](crate::PersistentIndex); how an index is built is its own affair.
pub trait Index: Send + Sync {
    /// The dimension of the items and of the queries that the index takes, `d_item`.
    fn dim(&self) -> usize;

    /// The number of items that can be found; removed ones do not count.
    fn len(&self) -> usize;

    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of rows ever given to items, removed ones included: every hit's row is below it.
    fn rows(&self) -> usize {
        self.len()
    }

    /// The `k` most similar items for each of `n` queries (`n × d_item`), by [`Index::search_with`] with the default
    /// parameters.
    ///
    /// # Errors
    /// As [`Index::search_with`].
    fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        self.search_with(queries, k, &SearchParams::default())
    }

    /// The `k` most similar items for each of `n` queries (`n × d_item`): `n` lists of `k` hits. A list is shorter
    /// only where fewer than `k` items exist, or fewer than `k` pass the filter.
    ///
    /// An implementation calls [`Index::check_search`] first. It ignores the fields of the effort that it has no use
    /// for. An index that takes no filter calls [`SearchParams::unfiltered`].
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for queries of another dimension; [`Error::KOutOfRange`] for `k = 0`;
    /// [`Error::InvalidParameter`] for an effort out of range; [`Error::Unsupported`] for a filter unless
    /// [`Capabilities::filter`]; [`Error::External`] for the index's own failures.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error>;

    /// What this index can do.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// How much memory the items and what helps to find them take; `None` when it is not known.
    fn memory_use(&self) -> Option<MemoryUse> {
        None
    }

    /// Settings worth trying for `k` hits, from the cheapest to the most thorough.
    fn efforts(&self, k: usize) -> Vec<Effort> {
        let _ = k;
        vec![Effort::default()]
    }

    /// The share of an exact index's hits, up to `k` a query, that this index finds with a given effort, in `0..=1`.
    ///
    /// Both must hold the same items in the same rows. Give queries as they will be asked: after the searching
    /// module, since mapped queries follow another distribution than items.
    ///
    /// # Errors
    /// Those of both searches.
    fn recall_against(
        &self,
        exact: &dyn Index,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
    ) -> Result<f64, Error> {
        let expected = exact.search(queries, k)?;
        let found = self.search_with(queries, k, &SearchParams::from(*effort))?;
        Ok(recall::mean_recall(&expected, &found))
    }

    /// The first of [`Index::efforts`] whose recall on these queries reaches `target`, in `0..=1`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a target outside `0..=1`, [`Error::RecallNotReached`] when no effort is
    /// enough, and those of both searches.
    fn tune(&self, exact: &dyn Index, queries: &Embeddings, k: usize, target: f64) -> Result<Tuned, Error> {
        recall::check_target(target)?;
        let expected = exact.search(queries, k)?;
        let mut best: f64 = 0.0;
        for effort in self.efforts(k) {
            let found = self.search_with(queries, k, &SearchParams::from(effort))?;
            let recall = recall::mean_recall(&expected, &found);
            if recall >= target {
                return Ok(Tuned { effort, recall });
            }
            best = best.max(recall);
        }
        Err(Error::RecallNotReached { target, best })
    }

    /// The checks that [`Index::search`] owes its callers, for implementers to call first.
    ///
    /// Returns `k`, or the number of items where that is less, but at least 1: what room is to be made for.
    ///
    /// # Errors
    /// As [`Index::search`].
    fn check_search(&self, queries: &Embeddings, k: usize) -> Result<usize, Error> {
        Error::check_dim("queries given to the index", self.dim(), queries.dim())?;
        Error::check_k(k, self.len())?;
        Ok(k.min(self.len()).max(1))
    }
}

macro_rules! forward_index {
    ($($pointer:ty),*) => {$(
        impl<I: Index + ?Sized> Index for $pointer {
            fn dim(&self) -> usize {
                (**self).dim()
            }

            fn len(&self) -> usize {
                (**self).len()
            }

            fn rows(&self) -> usize {
                (**self).rows()
            }

            fn search_with(
                &self,
                queries: &Embeddings,
                k: usize,
                params: &SearchParams<'_>,
            ) -> Result<Vec<Vec<Hit>>, Error> {
                (**self).search_with(queries, k, params)
            }

            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            fn memory_use(&self) -> Option<MemoryUse> {
                (**self).memory_use()
            }

            fn efforts(&self, k: usize) -> Vec<Effort> {
                (**self).efforts(k)
            }
        }
    )*};
}

forward_index!(&I, Box<I>, std::sync::Arc<I>);
