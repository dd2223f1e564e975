//! What a trained searching module adds.

use ess_core::Error;

use crate::features::{
    asked::Asked,
    feature::{Feature, LearnedFrom},
};

/// `⟨f(q) − q, d⟩`, for embeddings of mean norm 1.
pub(crate) struct TrainedModule;

impl Feature for TrainedModule {
    fn name(&self) -> &'static str {
        "trained_module"
    }

    fn earlier_names(&self) -> &'static [&'static str] {
        &["head"]
    }

    fn learned_from(&self) -> LearnedFrom {
        LearnedFrom::Module
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let scale = 1.0 / (asked.scale.query * asked.scale.item);
        Ok(asked.change.map(|change| asked.products(scale, change, items)))
    }
}
