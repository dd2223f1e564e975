//! An index over item embeddings.

use crate::{Embeddings, Error, Hit};

/// Answers the `k` items of highest similarity to each query.
///
/// The similarity is the inner product unless an implementation says otherwise. Queries are what a searching
/// module returns: vectors in the item space. Hits come most relevant first, ties in item order, and do not
/// depend on the number of threads.
pub trait Index: Send + Sync {
    /// The dimension of the items and of the queries that the index takes, `d_item`.
    fn dim(&self) -> usize;

    /// The number of items.
    fn len(&self) -> usize;

    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `k` most similar items for each of `n` queries (`n × d_item`): `n` lists of `k` hits.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for queries of another dimension, [`Error::KOutOfRange`] unless
    /// `1 ≤ k ≤ len`; [`Error::External`] for the index's own failures.
    fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error>;

    /// The checks that [`Index::search`] owes its callers, for implementers to call first.
    ///
    /// # Errors
    /// As [`Index::search`].
    fn check_search(&self, queries: &Embeddings, k: usize) -> Result<(), Error> {
        Error::check_dim("queries given to the index", self.dim(), queries.dim())?;
        if k == 0 || k > self.len() {
            return Err(Error::KOutOfRange { k, len: self.len() });
        }
        Ok(())
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

            fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
                (**self).search(queries, k)
            }
        }
    )*};
}

forward_index!(&I, Box<I>, std::sync::Arc<I>);
