//! The components of embeddings as a vector.

use ess_core::Embeddings;

/// The components of `n × d` items, row after row; without a copy unless they are part of a larger matrix.
pub(crate) fn into_rows(items: Embeddings) -> Vec<f32> {
    let size = items.len() * items.dim();
    let (mut values, offset) = items.into_matrix().into_raw_vec_and_offset();
    // A matrix cut out of a larger one keeps the larger one's memory.
    values.truncate(offset.unwrap_or(0) + size);
    values.drain(..offset.unwrap_or(0));
    values
}
