//! The searching module that changes nothing.

use super::definition::SearchModule;
use crate::{embeddings::Embeddings, error::Error};

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
