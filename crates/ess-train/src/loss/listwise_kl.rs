//! Distillation of whole lists.

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

/// The Kullback–Leibler divergence from a teacher's softmax over the items that it scored to the similarities':
/// `Σⱼ pⱼ (log pⱼ − log softmax(scale · s)ⱼ)` with `p = softmax(t / temperature)` (Hinton et al. 2015, over a list as in
/// Cao et al. 2007).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, ListwiseKl, Loss, LossBatch, TeacherScore};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 0, grade: 1 }];
/// let scores: &[TeacherScore] = &[TeacherScore { item: 0, score: 9.0 }, TeacherScore { item: 1, score: 8.0 }];
/// let batch = LossBatch::new(vec![relevant]).with_teacher(vec![scores]);
/// let loss = ListwiseKl { scale: 2.0, ..ListwiseKl::default() };
/// let value = loss.evaluate(Tensor::from_data([[0.75, 0.25]], items.device()), &batch, &items)?;
/// assert!(value.loss.abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListwiseKl {
    /// The factor of the similarities. Above 0. Default: 30.
    pub scale: f32,
    /// The temperature of the teacher's softmax: its scores are divided by it. Above 0. Default: 1.
    pub temperature: f32,
}

impl Default for ListwiseKl {
    fn default() -> Self {
        Self { scale: 30.0, temperature: 1.0 }
    }
}

impl ListLoss for ListwiseKl {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let wanted = log_softmax(list.teacher, 1.0 / f64::from(self.temperature));
        let found = log_softmax(list.similarities, self.scale.into());
        let mut sum = 0.0;
        for ((&wanted, &found), slope) in wanted.iter().zip(&found).zip(slopes) {
            let share = wanted.exp();
            sum += share * (wanted - found);
            *slope += ((found.exp() - share) * f64::from(self.scale)) as f32;
        }
        sum
    }
}

/// The logarithms of the softmax of `scale · x`.
pub(super) fn log_softmax(values: &[f32], scale: f64) -> Vec<f64> {
    let scaled: Vec<f64> = values.iter().map(|&x| f64::from(x) * scale).collect();
    let max = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = max + scaled.iter().map(|x| (x - max).exp()).sum::<f64>().ln();
    scaled.into_iter().map(|x| x - log_sum).collect()
}

impl LossKind for ListwiseKl {
    const KIND: &'static str = "listwise_kl";
    const ABOUT: &'static str = "A teacher's softmax";

    fn check(&self) -> Result<(), Error> {
        check_above_zero("scale of the listwise KL loss", self.scale)?;
        check_above_zero("temperature of the listwise KL loss", self.temperature)
    }
}

loss_over_lists!(ListwiseKl, |_loss| ListSource::Teacher);
