//! Where embeddings come from.

use serde::{Deserialize, Serialize};

/// How the embeddings of a store were made; whatever is not known is `None`.
///
/// Kept in the store's metadata as JSON.
///
/// ```
/// use ess_data::Provenance;
///
/// let provenance = Provenance {
///     encoder: Some("sentence-transformers/all-MiniLM-L6-v2".into()),
///     pooling: Some("mean".into()),
///     normalized: Some(true),
///     text: Some("title + \" \" + text, at most 256 tokens".into()),
///     layers: None,
/// };
/// assert_ne!(provenance, Provenance::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provenance {
    /// The encoder's name, with its version where it has one.
    pub encoder: Option<String>,
    /// How token states became one vector, such as "mean" or "cls".
    pub pooling: Option<String>,
    /// Whether every row has Euclidean length 1.
    pub normalized: Option<bool>,
    /// The recipe by which a record became the encoder's input, such as "title + \" \" + text".
    pub text: Option<String>,
    /// The encoder's layers that are in the store beside the sentence embedding, in order: whose poolings follow it in
    /// each row, or whose token states are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<usize>>,
}
