//! A searching module that multiplies by a matrix.

use ndarray::Array2;

use super::definition::SearchModule;
use crate::{embeddings::Embeddings, error::Error};

/// A searching module that is one matrix: `z = q W`, with `W` of `d_query × d_item`.
///
/// Closed-form fits give one of these.
///
/// ```
/// use ess_core::{Embeddings, MatrixModule, SearchModule};
/// use ndarray::array;
///
/// let swap = MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]])?;
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// assert_eq!(swap.apply(&queries)?.row(0), &[2.0, 1.0]);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixModule {
    weight: Embeddings,
}

impl MatrixModule {
    /// A module that multiplies by `weight`, `d_query × d_item`.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NonFinite`] for a matrix without cells or with a NaN or an infinity.
    pub fn new(weight: Array2<f32>) -> Result<Self, Error> {
        Ok(Self { weight: Embeddings::new(weight)? })
    }

    /// The matrix, `d_query × d_item`.
    pub fn weight(&self) -> ndarray::ArrayView2<'_, f32> {
        self.weight.view()
    }
}

impl SearchModule for MatrixModule {
    fn query_dim(&self) -> usize {
        self.weight.len()
    }

    fn item_dim(&self) -> usize {
        self.weight.dim()
    }

    fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, Error> {
        Error::check_dim("queries given to a matrix", self.query_dim(), encodings.dim())?;
        Embeddings::new(encodings.view().dot(&self.weight.view()))
    }
}
