//! Stored vectors as an index of inner products wants them.

use ess_core::Embeddings;
use ess_data::EmbeddingStore;

use crate::error::Error;

/// The vectors of items, brought to unit norm where their encoder is meant for the cosine and did not do it
/// ([`Provenance::needs_unit_norm`](ess_data::Provenance::needs_unit_norm)); the inner product then orders them as the
/// cosine does.
///
/// # Errors
/// [`Error::Data`] when the store cannot be read.
pub fn searchable(store: &EmbeddingStore) -> Result<Embeddings, Error> {
    let vectors = store.to_embeddings()?;
    Ok(if store.provenance().needs_unit_norm() { vectors.normalized() } else { vectors })
}
