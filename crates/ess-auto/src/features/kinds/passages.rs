//! The similarity of the item's most similar passage.

use ess_core::Error;

use crate::{
    features::{
        asked::{Asked, dot},
        feature::Feature,
    },
    input::collection::Collection,
};

/// `max ⟨q, p⟩` over the item's passages, for embeddings of mean norm 1.
pub(crate) struct BestPassage;

impl Feature for BestPassage {
    fn name(&self) -> &'static str {
        "passages"
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.passages.is_some()
    }

    fn cautious_weight(&self) -> f32 {
        0.2
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let Some(passages) = &asked.collection.passages else { return Ok(None) };
        let scale = 1.0 / (asked.scale.query * asked.scale.passage);
        let best = |&item: &u32| {
            let rows = passages.index.passage_rows().of_item(item as usize);
            let products = rows.map(|row| dot(asked.query, passages.embeddings.row(row)));
            scale * products.fold(f32::NEG_INFINITY, f32::max)
        };
        Ok(Some(items.iter().map(best).collect()))
    }
}
