//! BM25 of the item's title.

use ess_core::Error;

use crate::{
    features::{asked::Asked, feature::Feature, scale::LEXICAL},
    input::collection::Collection,
};

/// BM25 of the title alone, times 0.02, under the vocabulary and the weights of the whole texts.
pub(crate) struct LexicalTitle;

impl Feature for LexicalTitle {
    fn name(&self) -> &'static str {
        "lexical_title"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["title_words"]
    }

    fn reads_texts(&self) -> bool {
        true
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.lexical.as_ref().is_some_and(|lexical| lexical.titles.is_some())
    }

    fn cautious_weight(&self) -> f32 {
        0.2
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let Some((lexical, terms)) = asked.lexical() else { return Ok(None) };
        Ok(lexical.titles.as_ref().map(|titles| asked.sparse_products(LEXICAL, terms, titles, items)))
    }
}
