//! What brings features to the size of cosines.

use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::input::collection::Collection;

/// BM25 scores are times this.
pub(crate) const LEXICAL: f32 = 0.02;

/// BM25 by terms whose weights sum to 1 is times this.
pub(crate) const EXPANSION: f32 = 0.1;

/// Mean lengths, so that similarities are of the size of cosines whatever the encoder gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scale {
    pub(crate) query: f32,
    pub(crate) item: f32,
    /// 1 where there are no passages.
    #[serde(default = "one")]
    pub(crate) passage: f32,
}

fn one() -> f32 {
    1.0
}

impl Scale {
    pub(crate) fn of(queries: &Embeddings, collection: &Collection) -> Self {
        let length = |embeddings: &Embeddings| {
            let squares: f64 = embeddings.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum();
            ((squares / embeddings.len() as f64).sqrt() as f32).max(f32::MIN_POSITIVE)
        };
        let passage = collection.passages.as_ref().map_or(1.0, |passages| length(&passages.embeddings));
        Self { query: length(queries), item: length(&collection.items), passage }
    }
}
