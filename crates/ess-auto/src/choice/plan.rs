//! What is kept of a choice beside matrices.

use std::collections::BTreeMap;

use ess_files::Checksum;
use ess_lexical::Bm25Config;
use ess_searchers::{FeedbackWeights, QueryExpansion};
use half::f16;
use serde::{Deserialize, Serialize};

use super::selection::Choice;
use crate::{
    features::{neighbours::shares, scale::Scale},
    input::{collection::Collection, encoding_kind::EncodingKind, training_queries::TrainingQueries},
};

/// The further encodings that a plan names, whose features are made known before the rest of it is read.
#[derive(Deserialize)]
pub(crate) struct NamedEncodings {
    #[serde(default)]
    pub(crate) encodings: BTreeMap<String, EncodingKind>,
}

/// All of it that is not a matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) scale: Scale,
    pub(crate) pool: usize,
    #[serde(alias = "attention")]
    pub(crate) feedback_weights: FeedbackWeights,
    #[serde(alias = "expansion")]
    pub(crate) query_expansion: QueryExpansion,
    pub(crate) lexical: Bm25Config,
    pub(crate) dense: Choice,
    pub(crate) hybrid: Option<Choice>,
    /// The rules that words were stemmed by; none in plans of versions that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stems: Option<String>,
    /// The further encodings and scores that it was made with, by the names of their features, which loading it makes known;
    /// none in plans of versions that had none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) encodings: BTreeMap<String, EncodingKind>,
    #[serde(alias = "memory")]
    pub(crate) neighbours: SavedNeighbours,
}

impl Plan {
    /// Refuses values with which no search is possible: a file may hold anything.
    ///
    /// # Errors
    /// What was expected, and what was found.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        let refuse = |expected: &str, found: String| Err((expected.to_owned(), found));
        if self.pool == 0 {
            return refuse("a pool of at least 1", "0".to_owned());
        }
        let Scale { query, item, passage } = self.scale;
        if let Some(length) =
            [query, item, passage].iter().find(|length| !(length.is_finite() && **length > 0.0))
        {
            return refuse("mean lengths above 0", length.to_string());
        }
        let feedback = self.feedback_weights.check().and_then(|()| self.query_expansion.check());
        feedback.map_err(|error| ("settings of feedback".to_owned(), error.to_string()))?;
        for choice in [Some(&self.dense), self.hybrid.as_ref()].into_iter().flatten() {
            if !(choice.first.are_numbers() && choice.second.are_numbers()) {
                return refuse("weights of 0 or more", format!("{:?}", (&choice.first, &choice.second)));
            }
            if choice.gate.iter().any(|end| !end.is_finite()) {
                return refuse("a gate of two cosines", format!("{:?}", choice.gate));
            }
        }
        match self.neighbours.values.iter().flatten().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((_, share)) => refuse("shares of grades from 0 to 1", share.to_string()),
            None => Ok(()),
        }
    }
}

/// What training queries were answered by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedNeighbours {
    /// The queries' texts.
    pub(crate) texts: Option<Vec<String>>,
    /// For each query its relevant items, by position in `items`, and their shares of its grades.
    pub(crate) values: Vec<Vec<(u32, f32)>>,
    /// The relevant items: id, and checksum of the embedding.
    pub(crate) items: Vec<(String, String)>,
}

impl SavedNeighbours {
    pub(crate) fn new(collection: &Collection, queries: &TrainingQueries) -> Self {
        let mut positions: BTreeMap<u32, u32> = BTreeMap::new();
        let mut values: Vec<Vec<(u32, f32)>> =
            queries.set().judgements().iter().map(|judged| shares(judged)).collect();
        values.iter().flatten().for_each(|&(item, _)| {
            positions.insert(item, 0);
        });
        positions.values_mut().zip(0..).for_each(|(position, at)| *position = at);
        values.iter_mut().flatten().for_each(|(item, _)| *item = positions[item]);
        let item = |&item: &u32| {
            let id = collection.ids().get(item as usize).unwrap_or_default().to_owned();
            (id, mark(collection.items().row(item as usize)))
        };
        Self {
            texts: queries.texts().map(<[String]>::to_vec),
            values,
            items: positions.keys().map(item).collect(),
        }
    }
}

/// What tells one item from another of the same id: a checksum of its embedding in half precision.
pub(crate) fn mark(embedding: &[f32]) -> String {
    let halves: Vec<u16> = embedding.iter().map(|&x| f16::from_f32(x).to_bits()).collect();
    Checksum::of(bytemuck::cast_slice(&halves)).to_string()
}
