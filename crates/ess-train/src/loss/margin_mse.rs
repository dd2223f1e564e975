//! Distillation of margins.

use serde::{Deserialize, Serialize};

use super::{
    kind::{LossKind, check_above_zero},
    lists::{
        ListSource,
        list::{List, ListLoss},
        loss_over_lists,
    },
};
use crate::error::Error;

/// The mean of `(scale · (sᵢ − sⱼ) − (tᵢ − tⱼ))²` over the pairs of items that a teacher scored for a query and of
/// which `i` has the higher grade (margin-MSE: Hofstätter et al. 2020).
///
/// The teacher's scores may have another zero than the similarities, but must have the same unit, for which `scale` is. A
/// query has no loss where all of its scored items are relevant, or none.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Loss, LossBatch, MarginMse, TeacherScore};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 0, grade: 1 }];
/// let scores: &[TeacherScore] = &[TeacherScore { item: 0, score: 9.0 }, TeacherScore { item: 1, score: 8.0 }];
/// let batch = LossBatch::new(vec![relevant]).with_teacher(vec![scores]);
/// let value = MarginMse { scale: 2.0 }.evaluate(Tensor::from_data([[0.8, 0.5]], items.device()), &batch, &items)?;
/// assert!((value.loss - 0.16).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarginMse {
    /// The factor of the similarities, which brings them to the teacher's unit. Above 0. Default: 30, for cosines and a
    /// teacher that gives logits.
    pub scale: f32,
}

impl Default for MarginMse {
    fn default() -> Self {
        Self { scale: 30.0 }
    }
}

impl ListLoss for MarginMse {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (mut sum, scale) = (0.0, f64::from(self.scale));
        let pairs = list.for_pairs(|higher, lower| {
            let wanted = f64::from(list.teacher[higher.at]) - f64::from(list.teacher[lower.at]);
            let off = scale * list.ahead(higher, lower) - wanted;
            sum += off * off;
            let slope = (2.0 * off * scale) as f32;
            slopes[higher.at] += slope;
            slopes[lower.at] -= slope;
        });
        list.mean_of_pairs(sum, pairs, slopes)
    }
}

impl LossKind for MarginMse {
    const KIND: &'static str = "margin_mse";
    const ABOUT: &'static str = "A teacher's margins";

    fn check(&self) -> Result<(), Error> {
        check_above_zero("scale of the margin-MSE loss", self.scale)
    }
}

loss_over_lists!(MarginMse, |_loss| ListSource::Teacher);
