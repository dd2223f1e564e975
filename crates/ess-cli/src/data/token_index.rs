//! An index of the tokens that a store keeps for its items.

use anyhow::{Context, Result};
use ess_data::EmbeddingStore;
use ess_index::{CompressedTokensBuilder, Progress, TokenIndex, TokenSearch};

/// Items that are read at once.
const PART: usize = 1024;
/// Items that centroids are learnt from.
const SAMPLE: usize = 4096;

/// Builds the index part by part, so that not all vectors are in memory at once.
///
/// # Errors
/// For a store without token states, for a setting out of range, and when the store cannot be read.
pub(crate) fn index_tokens(
    store: &EmbeddingStore,
    builder: &CompressedTokensBuilder,
    progress: Progress,
) -> Result<TokenIndex> {
    let tokens = store.token_count().with_context(|| {
        let expected =
            "expected token states, as `ess encode` keeps them of a ColBERT model or by --item-states";
        format!("{}: {expected}, found vectors alone", store.path().display())
    })?;
    builder.check()?;
    let step = store.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<usize> = (0..store.len()).step_by(step).collect();
    let mut compressed = builder.train(&store.select_token_states(&sample)?, tokens, progress)?;
    for first in (0..store.len()).step_by(PART) {
        compressed.append(&store.token_states(first..store.len().min(first + PART))?)?;
    }
    Ok(TokenIndex::new(compressed, TokenSearch::default())?)
}
