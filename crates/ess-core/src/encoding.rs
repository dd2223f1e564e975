//! What an encoder gives: one vector per input in the common case, something richer when f_search wants it.

use crate::{embeddings::Embeddings, error::Error};

/// A batch of encodings, one per query, that a searching module can read.
///
/// [`Embeddings`] is the common one. An encoder that gives more (several pooled layers, token states with a
/// mask, a sparse lexical vector) names its own type, and a searching module that reads it says so:
/// `SearchModule<ThatType>`.
pub trait Encoding: Send + Sync {
    /// The number of encoded inputs.
    fn rows(&self) -> usize;

    /// Copies the named rows, in the order given; a row may be named twice.
    ///
    /// # Errors
    /// [`Error::RowOutOfRange`] for a row beyond the end, [`Error::Empty`] for no row at all.
    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error>
    where
        Self: Sized;
}

impl Encoding for Embeddings {
    fn rows(&self) -> usize {
        self.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        self.select(rows)
    }
}
