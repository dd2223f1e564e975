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
///     similarity: Some("cosine".into()),
///     ..Provenance::default()
/// };
/// assert!(!provenance.needs_unit_norm());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provenance {
    /// The encoder's name, with its version where it has one.
    pub encoder: Option<String>,
    /// How token states became one vector, such as "mean" or "cls".
    pub pooling: Option<String>,
    /// Whether every row has unit norm.
    pub normalized: Option<bool>,
    /// The recipe by which a record became the encoder's input, such as "title + \" \" + text".
    pub text: Option<String>,
    /// The encoder's layers that are in the store beside the sentence embedding, in order: whose poolings follow it in
    /// each row, or whose token states are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<usize>>,
    /// The representations by the encoder that stand in each row one after another, where they were chosen; else the row is the
    /// encoder's own vector, with what `layers` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representations: Option<Vec<StoredRepresentation>>,
    /// The similarity that the encoder's authors name: "cosine", "dot", "euclidean" or "manhattan".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<String>,
    /// What had to be assumed of the encoder, because its files do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed: Option<Vec<String>>,
    /// How finely the encoder's weights were kept, such as "int8", where that is not how its files have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// A checksum of the ids and the inputs of all rows, in order: another input has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
}

/// One of the representations in a row.
///
/// ```
/// use ess_data::StoredRepresentation;
///
/// let json = r#"{"name": "layer=at:4", "space": "layer 4, mean", "dim": 384}"#;
/// let stored: StoredRepresentation = serde_json::from_str(json)?;
/// assert_eq!(stored.dim, 384);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredRepresentation {
    /// Its name with its settings, as the encoder's crate writes it.
    pub name: String,
    /// The space in which it lies: inner products with what lies in another one mean nothing.
    pub space: String,
    /// How many components it has.
    pub dim: usize,
}

/// The space of an encoder's own vectors.
const OWN_SPACE: &str = "embedding";

impl Provenance {
    /// The spaces in which the parts of a row lie, in order, where they are known: `embedding` for the encoder's own vector, and
    /// what representations say. `None` where layers follow the vector.
    ///
    /// ```
    /// use ess_data::Provenance;
    ///
    /// assert_eq!(Provenance::default().spaces(), Some(vec!["embedding"]));
    /// ```
    pub fn spaces(&self) -> Option<Vec<&str>> {
        match (&self.representations, &self.layers) {
            (Some(all), _) => Some(all.iter().map(|one| one.space.as_str()).collect()),
            (None, None) => Some(vec![OWN_SPACE]),
            (None, Some(_)) => None,
        }
    }

    /// Whether items must be brought to unit norm, so that the inner product orders them as the cosine that the encoder is
    /// meant for does.
    pub fn needs_unit_norm(&self) -> bool {
        self.similarity.as_deref() == Some("cosine") && self.normalized != Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_stores_say_is_read_and_needs_nothing() {
        let old = r#"{"encoder": "a", "pooling": null, "normalized": false, "text": "text"}"#;
        let old: Provenance = serde_json::from_str(old).unwrap();
        assert!(!old.needs_unit_norm() && old.similarity.is_none());
    }

    #[test]
    fn rows_say_in_which_spaces_they_lie() {
        let json = r#"{"representations": [{"name": "sentences", "space": "embedding", "dim": 4},
            {"name": "layer=at:1", "space": "layer 1, mean", "dim": 4}]}"#;
        let chosen: Provenance = serde_json::from_str(json).unwrap();
        assert_eq!(chosen.spaces().unwrap(), ["embedding", "layer 1, mean"]);
        assert_eq!(Provenance { layers: Some(vec![1]), ..Provenance::default() }.spaces(), None);
    }

    #[test]
    fn a_cosine_needs_unit_norm_where_rows_do_not_have_it() {
        let of = |similarity: &str, normalized| Provenance {
            similarity: Some(similarity.into()),
            normalized,
            ..Provenance::default()
        };
        assert!(of("cosine", Some(false)).needs_unit_norm() && of("cosine", None).needs_unit_norm());
        assert!(!of("cosine", Some(true)).needs_unit_norm() && !of("dot", Some(false)).needs_unit_norm());
    }
}
