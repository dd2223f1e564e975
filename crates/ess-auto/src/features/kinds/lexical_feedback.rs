//! BM25 by the terms of the items that a first pass found.

use ess_core::Error;

use crate::{
    features::{asked::Asked, feature::Feature, scale::EXPANSION},
    input::collection::Collection,
};

/// BM25 by the terms that the first items share, times 0.1 (RM3-like query expansion).
pub(crate) struct LexicalFeedback;

impl Feature for LexicalFeedback {
    fn name(&self) -> &'static str {
        "lexical_feedback"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["word_feedback"]
    }

    fn reads_texts(&self) -> bool {
        true
    }

    fn is_feedback(&self) -> bool {
        true
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.lexical.is_some()
    }

    fn cautious_weight(&self) -> f32 {
        0.3
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let Some((lexical, feedback)) = asked.collection.lexical.as_ref().zip(asked.feedback) else {
            return Ok(None);
        };
        let terms = &feedback.terms;
        Ok((!terms.is_empty()).then(|| asked.sparse_products(EXPANSION, terms, &lexical.items, items)))
    }
}
