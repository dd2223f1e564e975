//! Two searching modules, one after the other.

use std::sync::Arc;

use super::definition::SearchModule;
use crate::{embeddings::Embeddings, encoding::Encoding, error::Error, scoring::definition::Scoring};

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
