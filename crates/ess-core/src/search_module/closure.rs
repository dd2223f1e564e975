//! A closure as a searching module.

use super::definition::SearchModule;
use crate::{embeddings::Embeddings, error::Error};

/// A searching module made of a closure over a whole batch.
///
/// ```
/// use ess_core::{Embeddings, Error, SearchModule, SearchModuleFn};
///
/// // Keep the first two of three dimensions.
/// let select = SearchModuleFn::new(3, 2, |queries: &Embeddings| {
///     Embeddings::new(queries.view().slice(ndarray::s![.., ..2]).to_owned())
/// });
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(select.apply(&queries)?.row(0), &[1.0, 2.0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct SearchModuleFn<F> {
    query_dim: usize,
    item_dim: usize,
    apply: F,
}

impl<F: Fn(&Embeddings) -> Result<Embeddings, Error> + Send + Sync> SearchModuleFn<F> {
    /// A module that calls `apply` with `n × query_dim` and gives back its `n × item_dim`.
    pub fn new(query_dim: usize, item_dim: usize, apply: F) -> Self {
        Self { query_dim, item_dim, apply }
    }
}

impl<F: Fn(&Embeddings) -> Result<Embeddings, Error> + Send + Sync> SearchModule for SearchModuleFn<F> {
    fn query_dim(&self) -> usize {
        self.query_dim
    }

    fn item_dim(&self) -> usize {
        self.item_dim
    }

    fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, Error> {
        Error::check_dim("queries given to a closure", self.query_dim, encodings.dim())?;
        let mapped = (self.apply)(encodings)?;
        Error::check_dim("vectors that a closure returned", self.item_dim, mapped.dim())?;
        if mapped.len() != encodings.len() {
            let (what, expected, found) = ("rows that a closure returned", encodings.len(), mapped.len());
            return Err(Error::LengthMismatch { what, expected, found });
        }
        Ok(mapped)
    }
}
