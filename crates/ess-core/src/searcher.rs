//! Searching as a whole: encodings in, hits out.

use crate::{
    embeddings::Embeddings, encoding::Encoding, error::Error, hit::Hit, index::definition::Index,
    search_module::definition::SearchModule,
};

/// Turns encoded queries into hits.
///
/// A [`SearchModule`] turns an encoding into an encoding. Some searching operations need more: feedback looks at
/// what a first pass found, a hybrid asks two indexes. They are searchers; the plain one is [`IndexSearcher`].
pub trait Searcher<E: Encoding = Embeddings>: Send + Sync {
    /// The `k` most relevant items for each encoded query, most relevant first; all items, where there are fewer.
    ///
    /// # Errors
    /// [`Error::KOutOfRange`] for `k = 0`, and those of the modules and indexes that it asks.
    fn search(&self, encodings: &E, k: usize) -> Result<Vec<Vec<Hit>>, Error>;
}

/// The plain searcher: one searching module, then one index.
///
/// [`crate::Retriever`] puts a query encoder before it.
///
/// ```
/// use ess_core::{Embeddings, ExactIndex, Identity, IndexSearcher, Searcher};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let searcher = IndexSearcher::new::<Embeddings>(Identity::new(2), ExactIndex::new(items))?;
/// let hits = searcher.search(&Embeddings::from_rows(&[[0.2, 0.9]])?, 1)?;
/// assert_eq!(hits[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct IndexSearcher<M, I> {
    module: M,
    index: I,
}

impl<M, I: Index> IndexSearcher<M, I> {
    /// Searches `index` with what `module` returns.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when the index does not take what the module returns; [`Error::Unsupported`] for a module with a
    /// [`SearchModule::scoring`], which is no inner product.
    pub fn new<E: Encoding>(module: M, index: I) -> Result<Self, Error>
    where
        M: SearchModule<E>,
    {
        module.check_inner_product()?;
        Error::check_dim("index behind a searching module", module.item_dim(), index.dim())?;
        Ok(Self { module, index })
    }

    /// The searching module.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The index.
    pub fn index(&self) -> &I {
        &self.index
    }
}

impl<E: Encoding, M: SearchModule<E>, I: Index> Searcher<E> for IndexSearcher<M, I> {
    fn search(&self, encodings: &E, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        self.index.search(&self.module.apply(encodings)?, k)
    }
}

macro_rules! forward_searcher {
    ($($pointer:ty),*) => {$(
        impl<E: Encoding, S: Searcher<E> + ?Sized> Searcher<E> for $pointer {
            fn search(&self, encodings: &E, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
                (**self).search(encodings, k)
            }
        }
    )*};
}

forward_searcher!(&S, Box<S>, std::sync::Arc<S>);
