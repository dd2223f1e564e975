//! Whether the item was relevant to lexically similar training queries.

use ess_core::Error;

use crate::{
    features::{
        asked::Asked,
        feature::{Feature, LearnedFrom},
    },
    input::collection::Collection,
};

/// `Σ cos² · grade share` over the training queries.
pub(crate) struct LexicalNeighbours;

impl Feature for LexicalNeighbours {
    fn name(&self) -> &'static str {
        "lexical_neighbours"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["word_memory"]
    }

    fn reads_texts(&self) -> bool {
        true
    }

    fn learned_from(&self) -> LearnedFrom {
        LearnedFrom::Neighbours
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.lexical.is_some()
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let strength = |item: &u32| asked.recalled.get(item).copied().unwrap_or_default()[1];
        Ok(Some(items.iter().map(strength).collect()))
    }
}
