//! With texts or without.

use serde::{Deserialize, Serialize};

/// Whether texts are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Embeddings alone: what f_search can do with what the encoder gives.
    Dense,
    /// Embeddings and texts.
    Hybrid,
}
