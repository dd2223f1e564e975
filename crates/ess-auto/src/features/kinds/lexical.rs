//! BM25 of the item's text.

use ess_core::Error;

use crate::{
    features::{asked::Asked, feature::Feature, scale::LEXICAL},
    input::collection::Collection,
};

/// BM25, times 0.02.
pub(crate) struct Lexical;

impl Feature for Lexical {
    fn name(&self) -> &'static str {
        "lexical"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["words"]
    }

    fn reads_texts(&self) -> bool {
        true
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.lexical.is_some()
    }

    fn cautious_weight(&self) -> f32 {
        0.2
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        Ok(asked
            .lexical()
            .map(|(lexical, terms)| asked.sparse_products(LEXICAL, terms, &lexical.items, items)))
    }
}
