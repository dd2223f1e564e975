//! Whether the item was relevant to training queries of similar embedding.

use ess_core::Error;

use crate::features::{
    asked::Asked,
    feature::{Feature, LearnedFrom},
};

/// `Σ exp(15 (cos − 1)) · grade share` over the training queries.
pub(crate) struct DenseNeighbours;

impl Feature for DenseNeighbours {
    fn name(&self) -> &'static str {
        "dense_neighbours"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["dense_memory"]
    }

    fn learned_from(&self) -> LearnedFrom {
        LearnedFrom::Neighbours
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let strength = |item: &u32| asked.recalled.get(item).copied().unwrap_or_default()[0];
        Ok(Some(items.iter().map(strength).collect()))
    }
}
