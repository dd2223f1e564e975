//! The similarity of the frozen encoder.

use ess_core::Error;

use crate::features::{asked::Asked, feature::Feature};

/// `⟨q, d⟩`, for embeddings of mean norm 1.
pub(crate) struct Dense;

impl Feature for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cautious_weight(&self) -> f32 {
        1.0
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let scale = 1.0 / (asked.scale.query * asked.scale.item);
        Ok(Some(asked.products(scale, asked.query, items)))
    }
}
