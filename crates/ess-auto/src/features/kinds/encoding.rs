//! The similarity by a further encoder.

use ess_core::Error;

use crate::{
    features::{asked::Asked, feature::Feature, further::similarities},
    input::{auto_queries::AutoQueries, collection::Collection},
};

/// `⟨q, d⟩` by an encoder of this name beside the frozen one ([`Collection::with_encoding`],
/// [`Collection::with_sparse_encoding`]), for a query of norm 1 and items
/// of mean norm 1.
pub(crate) struct Encoding {
    pub(crate) name: &'static str,
}

impl Feature for Encoding {
    fn name(&self) -> &'static str {
        self.name
    }

    fn encoding(&self) -> Option<&str> {
        Some(self.name)
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.further.contains_key(self.name)
    }

    fn has_queries(&self, queries: &AutoQueries) -> bool {
        queries.further.contains_key(self.name)
    }

    // Half of the frozen similarity's: a guess, which no measurement stands behind.
    fn cautious_weight(&self) -> f32 {
        0.5
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let further = asked.collection.further.get(self.name).zip(asked.further.get(self.name));
        Ok(further.and_then(|(all, queries)| similarities(all, queries, asked.row, items)))
    }
}
