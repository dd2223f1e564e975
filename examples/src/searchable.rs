//! Stored vectors as an index of inner products wants them.

use std::path::Path;

use anyhow::Result;
use ess_core::Embeddings;
use ess_data::EmbeddingStore;

/// The vectors of items, brought to length 1 where their encoder is meant for the cosine and did not do it, which is said.
///
/// # Errors
/// When the store cannot be read.
pub fn searchable(store: &EmbeddingStore, path: &Path) -> Result<Embeddings> {
    let vectors = store.to_embeddings()?;
    if !store.provenance().needs_unit_length() {
        return Ok(vectors);
    }
    crate::note!(
        "note: {}: vectors are brought to length 1, as their encoder is meant for the cosine",
        path.display()
    );
    Ok(vectors.normalized())
}
