//! ⟨·,·⟩, the similarity of a query in the item space and an item.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{embeddings::Embeddings, error::Error};

/// How alike a query vector and an item vector are; larger is more relevant.
///
/// Eq. 1 allows any similarity. The inner product is the one that an index answers.
pub trait Similarity: Send + Sync {
    /// The similarity of every query (`n × d`) and every item (`m × d`): `n × m`.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when queries and items differ in dimension, [`Error::NonFinite`] when a
    /// similarity overflows.
    fn similarities(&self, queries: &Embeddings, items: &Embeddings) -> Result<Array2<f32>, Error>;
}

/// The inner product `Σ qᵢ dᵢ`.
///
/// ```
/// use ess_core::{Embeddings, InnerProduct, Similarity};
///
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let items = Embeddings::from_rows(&[[3.0, 0.0], [0.0, 3.0]])?;
/// assert_eq!(InnerProduct.similarities(&queries, &items)?.as_slice(), Some(&[3.0, 6.0][..]));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InnerProduct;

/// The cosine of the angle between query and item, in `-1..=1`; 0 where either is all zeros.
///
/// ```
/// use ess_core::{Cosine, Embeddings, Similarity};
///
/// let queries = Embeddings::from_rows(&[[0.0, 2.0]])?;
/// let items = Embeddings::from_rows(&[[0.0, 9.0], [5.0, 0.0]])?;
/// assert_eq!(Cosine.similarities(&queries, &items)?.as_slice(), Some(&[1.0, 0.0][..]));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosine;

impl Similarity for InnerProduct {
    fn similarities(&self, queries: &Embeddings, items: &Embeddings) -> Result<Array2<f32>, Error> {
        Error::check_dim("queries compared with items", items.dim(), queries.dim())?;
        let similarities = queries.view().dot(&items.view().t());
        match similarities.indexed_iter().find(|(_, value)| !value.is_finite()) {
            Some(((row, column), &value)) => Err(Error::NonFinite {
                what: "similarity of query (row) and item (column)",
                row,
                column,
                value,
            }),
            None => Ok(similarities),
        }
    }
}

impl Similarity for Cosine {
    fn similarities(&self, queries: &Embeddings, items: &Embeddings) -> Result<Array2<f32>, Error> {
        InnerProduct.similarities(&queries.clone().normalized(), &items.clone().normalized())
    }
}

impl<S: Similarity + ?Sized> Similarity for &S {
    fn similarities(&self, queries: &Embeddings, items: &Embeddings) -> Result<Array2<f32>, Error> {
        (**self).similarities(queries, items)
    }
}

impl<S: Similarity + ?Sized> Similarity for Box<S> {
    fn similarities(&self, queries: &Embeddings, items: &Embeddings) -> Result<Array2<f32>, Error> {
        (**self).similarities(queries, items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_dimensions_are_refused() {
        let two = Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
        let three = Embeddings::from_rows(&[[1.0, 2.0, 3.0]]).unwrap();
        for similarity in [&InnerProduct as &dyn Similarity, &Cosine] {
            let found = similarity.similarities(&two, &three);
            assert!(matches!(found, Err(Error::DimensionMismatch { expected: 3, found: 2, .. })));
        }
    }

    #[test]
    fn an_overflow_is_refused_and_named() {
        let ones = Embeddings::from_rows(&[[0.0, 0.0], [f32::MAX, f32::MAX]]).unwrap();
        let found = InnerProduct.similarities(&ones, &ones);
        assert!(matches!(found, Err(Error::NonFinite { row: 1, column: 1, .. })));
    }

    #[test]
    fn the_cosine_of_zeros_is_zero_and_survives_huge_norms() {
        let vectors = Embeddings::from_rows(&[[0.0, 0.0], [f32::MAX, f32::MAX]]).unwrap();
        let found = Cosine.similarities(&vectors, &vectors).unwrap();
        assert_eq!(found[[0, 1]], 0.0);
        assert!((found[[1, 1]] - 1.0).abs() < 1e-6);
    }
}
