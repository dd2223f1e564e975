//! What a further encoding is: vectors, or scores.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What queries and items are by a further encoder, and of how many dimensions; or what another system says of items.
///
/// ```
/// use ess_auto::EncodingKind;
///
/// let kind: EncodingKind = serde_json::from_str(r#"{"embeddings": 384}"#).unwrap();
/// assert_eq!(kind, EncodingKind::Embeddings(384));
/// assert_eq!(kind.to_string(), "embeddings of 384 dimensions");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EncodingKind {
    /// Embeddings, of so many dimensions.
    Embeddings(usize),
    /// Sparse vectors, of so many dimensions.
    Sparse(usize),
    /// No vectors, but what another system scores of its first items for a query.
    Scores,
}

impl fmt::Display for EncodingKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embeddings(dim) => write!(out, "embeddings of {dim} dimensions"),
            Self::Sparse(dim) => write!(out, "sparse vectors of {dim} dimensions"),
            Self::Scores => write!(out, "scores of items"),
        }
    }
}
