//! From query to hits.

use crate::{
    encoder::QueryEncoder, error::Error, hit::Hit, index::definition::Index,
    search_module::definition::SearchModule,
};

/// A query encoder, a searching module and an index of frozen items.
///
/// One index serves many tasks: a call may bring its own searching module.
///
/// ```
/// use ess_core::{EncoderFn, Embeddings, Error, ExactIndex, Identity, MatrixModule, Retriever};
///
/// let retriever = Retriever::new(
///     EncoderFn::new(2, |x: &f32| vec![x.cos(), x.sin()]),
///     Identity::new(2),
///     ExactIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?),
/// )?;
/// assert_eq!(retriever.search(&[&0.1], 1)?[0][0].item, 0);
///
/// // Another task over the same items: the opposite axis is what it wants.
/// let other = MatrixModule::new(ndarray::array![[0.0, 1.0], [1.0, 0.0]])?;
/// assert_eq!(retriever.search_with(&other, &[&0.1], 1)?[0][0].item, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Retriever<Q, M, I> {
    query_encoder: Q,
    search_module: M,
    index: I,
}

impl<Q, M, I> Retriever<Q, M, I>
where
    Q: QueryEncoder,
    M: SearchModule<Q::Encoding>,
    I: Index,
{
    /// Checks that the three fit together.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when one does not take what the one before gives; [`Error::Unsupported`] for a module with a
    /// [`SearchModule::scoring`].
    pub fn new(query_encoder: Q, search_module: M, index: I) -> Result<Self, Error> {
        Error::check_dim(
            "searching module behind an encoder",
            query_encoder.dim(),
            search_module.query_dim(),
        )?;
        search_module.check_inner_product()?;
        Error::check_dim("index behind a searching module", search_module.item_dim(), index.dim())?;
        Ok(Self { query_encoder, search_module, index })
    }

    /// The `k` most relevant items for each query, most relevant first; all items, where there are fewer.
    ///
    /// # Errors
    /// [`Error::KOutOfRange`] for `k = 0`, and those of the encoder, the module and the index.
    pub fn search(&self, queries: &[&Q::Query], k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        self.search_with(&self.search_module, queries, k)
    }

    /// As [`Retriever::search`], with the searching module of another task in place of its own.
    ///
    /// # Errors
    /// Those of the encoder, the module and the index.
    pub fn search_with<F>(&self, module: &F, queries: &[&Q::Query], k: usize) -> Result<Vec<Vec<Hit>>, Error>
    where
        F: SearchModule<Q::Encoding> + ?Sized,
    {
        let encodings = self.query_encoder.encode_queries(queries)?;
        self.index.search(&module.apply(&encodings)?, k)
    }

    /// enc1'.
    pub fn query_encoder(&self) -> &Q {
        &self.query_encoder
    }

    /// f_search.
    pub fn search_module(&self) -> &M {
        &self.search_module
    }

    /// The index of enc2's embeddings.
    pub fn index(&self) -> &I {
        &self.index
    }
}
