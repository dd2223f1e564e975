//! The similarity of one part of the vectors.

use ess_core::Error;

use crate::{
    features::{
        asked::{Asked, dot},
        feature::Feature,
    },
    input::collection::Collection,
};

/// `⟨q, d⟩` over the components of a part of this name ([`Collection::with_parts`]): one representation among several that stand
/// in a row, weighed by itself.
pub(crate) struct Part {
    pub(crate) name: &'static str,
}

impl Feature for Part {
    fn name(&self) -> &'static str {
        self.name
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.parts.contains_key(self.name)
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let parts = &asked.collection.parts;
        let Some(part) = parts.get(self.name) else { return Ok(None) };
        // Rows have mean norm 1 after scaling, so that a part is as large as a cosine when all are added up.
        let scale = parts.len() as f32 / (asked.scale.query * asked.scale.item);
        let query = &asked.query[part.clone()];
        let value =
            |&item: &u32| scale * dot(query, &asked.collection.items.row(item as usize)[part.clone()]);
        Ok(Some(items.iter().map(value).collect()))
    }
}
