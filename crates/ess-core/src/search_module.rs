//! f_search, the searching module of Eq. 3.

use std::sync::Arc;

use ndarray::Array2;

use crate::{embeddings::Embeddings, encoding::Encoding, error::Error, scoring::definition::Scoring};

/// f_search: maps encoded queries into the item space, where the inner product finds what one task calls relevant.
///
/// Object-safe, so that an application can hold many, one for each task, over one index of frozen items. `E` is
/// what the query encoder gives; [`Embeddings`] in the common case.
pub trait SearchModule<E: Encoding = Embeddings>: Send + Sync {
    /// The dimension of the encodings that it reads, `d_query`.
    fn query_dim(&self) -> usize;

    /// The dimension of the items that it searches, `d_item`; also that of the vectors that it returns, unless it has a
    /// [`SearchModule::scoring`].
    fn item_dim(&self) -> usize;

    /// Maps `n` encoded queries (`n × d_query` for [`Embeddings`]) into the item space (`n × d_item`), in order. With a
    /// [`SearchModule::scoring`] each query becomes a row of `width` numbers (`n × width`).
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for encodings of another dimension; [`Error::External`] for the module's own
    /// failures.
    fn apply(&self, encodings: &E) -> Result<Embeddings, Error>;

    /// The similarity that its rows are meant for, where that is not the inner product. Default: `None`, the inner product.
    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        None
    }

    /// The length of the rows that it returns: `d_item`, or the width of its scoring.
    fn width(&self) -> usize {
        let dim = self.item_dim();
        self.scoring().map_or(dim, |scoring| scoring.width(dim))
    }

    /// Refuses a module whose rows cannot be given to an index of inner products as they are.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where it has a [`SearchModule::scoring`].
    fn check_inner_product(&self) -> Result<(), Error> {
        match self.scoring() {
            Some(_) => {
                Err(Error::Unsupported { what: "a module whose rows are not compared by inner product" })
            }
            None => Ok(()),
        }
    }
}

/// The searching module that changes nothing: the frozen encoder's own ranking, and the baseline for every other.
///
/// ```
/// use ess_core::{Embeddings, Identity, SearchModule};
///
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// assert_eq!(Identity::new(2).apply(&queries)?, queries);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    dim: usize,
}

impl Identity {
    /// The identity on vectors of `dim` components.
    pub fn new(dim: usize) -> Self {
        Self { dim }
    }
}

impl SearchModule for Identity {
    fn query_dim(&self) -> usize {
        self.dim
    }

    fn item_dim(&self) -> usize {
        self.dim
    }

    fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, Error> {
        Error::check_dim("queries given to the identity", self.dim, encodings.dim())?;
        Ok(encodings.clone())
    }
}

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

/// Two searching modules in a row: `second(first(q))`, itself a searching module.
///
/// ```
/// use ess_core::{Compose, Identity, SearchModule};
///
/// let both = Compose::new(Identity::new(4), Identity::new(4))?;
/// assert_eq!((both.query_dim(), both.item_dim()), (4, 4));
/// assert!(Compose::new(Identity::new(4), Identity::new(5)).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Compose<F, G> {
    first: F,
    second: G,
}

impl<F, G: SearchModule> Compose<F, G> {
    /// Applies `first`, then `second`.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when `second` does not read what `first` returns; [`Error::Unsupported`] for a `first` with a
    /// scoring of its own.
    pub fn new<E: Encoding>(first: F, second: G) -> Result<Self, Error>
    where
        F: SearchModule<E>,
    {
        first.check_inner_product()?;
        Error::check_dim("second of two composed modules", first.item_dim(), second.query_dim())?;
        Ok(Self { first, second })
    }
}

impl<E: Encoding, F: SearchModule<E>, G: SearchModule> SearchModule<E> for Compose<F, G> {
    fn query_dim(&self) -> usize {
        self.first.query_dim()
    }

    fn item_dim(&self) -> usize {
        self.second.item_dim()
    }

    fn apply(&self, encodings: &E) -> Result<Embeddings, Error> {
        self.second.apply(&self.first.apply(encodings)?)
    }

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        self.second.scoring()
    }
}

macro_rules! forward_search_module {
    ($($pointer:ty),*) => {$(
        impl<E: Encoding, M: SearchModule<E> + ?Sized> SearchModule<E> for $pointer {
            fn query_dim(&self) -> usize {
                (**self).query_dim()
            }

            fn item_dim(&self) -> usize {
                (**self).item_dim()
            }

            fn apply(&self, encodings: &E) -> Result<Embeddings, Error> {
                (**self).apply(encodings)
            }

            fn scoring(&self) -> Option<Arc<dyn Scoring>> {
                (**self).scoring()
            }
        }
    )*};
}

forward_search_module!(&M, Box<M>, Arc<M>);

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn modules_of_different_kinds_compose_behind_pointers() {
        let double: Box<dyn SearchModule> =
            Box::new(MatrixModule::new(array![[2.0, 0.0], [0.0, 2.0]]).unwrap());
        let swap: Arc<dyn SearchModule> =
            Arc::new(MatrixModule::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap());
        let both = Compose::new(double, swap).unwrap();
        let queries = Embeddings::from_rows(&[[1.0, 3.0]]).unwrap();
        assert_eq!(both.apply(&queries).unwrap().row(0), &[6.0, 2.0]);
    }

    #[test]
    fn wrong_dimensions_are_refused() {
        let queries = Embeddings::from_rows(&[[1.0, 3.0]]).unwrap();
        let modules: [Box<dyn SearchModule>; 3] = [
            Box::new(Identity::new(3)),
            Box::new(MatrixModule::new(Array2::eye(3)).unwrap()),
            Box::new(SearchModuleFn::new(3, 3, |queries: &Embeddings| Ok(queries.clone()))),
        ];
        for module in modules {
            let found = module.apply(&queries);
            assert!(matches!(found, Err(Error::DimensionMismatch { expected: 3, found: 2, .. })));
        }
    }

    #[test]
    fn a_closure_that_breaks_its_word_is_refused() {
        let queries = Embeddings::from_rows(&[[1.0, 3.0], [2.0, 4.0]]).unwrap();
        let wrong_dim = SearchModuleFn::new(2, 3, |queries: &Embeddings| Ok(queries.clone()));
        assert!(matches!(wrong_dim.apply(&queries), Err(Error::DimensionMismatch { .. })));
        let wrong_rows = SearchModuleFn::new(2, 2, |queries: &Embeddings| queries.select(&[0]));
        assert!(matches!(wrong_rows.apply(&queries), Err(Error::LengthMismatch { .. })));
    }

    #[test]
    fn an_overflow_is_refused() {
        let module = MatrixModule::new(array![[f32::MAX], [f32::MAX]]).unwrap();
        let queries = Embeddings::from_rows(&[[1.0, 1.0]]).unwrap();
        assert!(matches!(module.apply(&queries), Err(Error::NonFinite { .. })));
    }
}
