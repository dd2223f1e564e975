//! The similarity to the items that a first pass found.

use ess_core::Error;

use crate::features::{asked::Asked, feature::Feature};

/// `⟨c, d⟩` with the centroid `c` of the first items, for embeddings of mean norm 1.
pub(crate) struct DenseFeedback;

impl Feature for DenseFeedback {
    fn name(&self) -> &'static str {
        "dense_feedback"
    }

    fn is_feedback(&self) -> bool {
        true
    }

    fn cautious_weight(&self) -> f32 {
        0.3
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let scale = 1.0 / asked.scale.item.powi(2);
        Ok(asked.feedback.map(|feedback| asked.products(scale, &feedback.centroid, items)))
    }
}
