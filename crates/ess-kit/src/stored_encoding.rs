//! Encodings that a store keeps for its rows.

use ess_core::{Embeddings, Encoding, TokenStates};
use ess_data::EmbeddingStore;

use crate::error::Error;

/// An encoding of queries that a store may have: their embeddings, or the states of their tokens.
///
/// ```no_run
/// use ess_kit::{StoredEncoding, prelude::*};
///
/// let store = EmbeddingStore::open("embeddings/queries.safetensors")?;
/// let first: Embeddings = StoredEncoding::select(&store, &[0])?;
/// assert_eq!(first.dim(), store.dim());
/// # Ok::<(), ess_kit::Error>(())
/// ```
pub trait StoredEncoding: Encoding + Sized {
    /// Copies rows of a store.
    ///
    /// # Errors
    /// [`Error::Data`] when the store does not have the encoding or the row.
    fn select(store: &EmbeddingStore, rows: &[usize]) -> Result<Self, Error>;
}

impl StoredEncoding for Embeddings {
    fn select(store: &EmbeddingStore, rows: &[usize]) -> Result<Self, Error> {
        Ok(store.select(rows)?)
    }
}

impl StoredEncoding for TokenStates {
    fn select(store: &EmbeddingStore, rows: &[usize]) -> Result<Self, Error> {
        Ok(store.select_token_states(rows)?)
    }
}
