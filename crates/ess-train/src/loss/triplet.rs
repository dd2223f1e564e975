//! Triplet loss.

use serde::{Deserialize, Serialize};

use super::{
    candidates::Candidates,
    kind::{LossKind, check_above_zero},
    lists::{
        ListSource,
        list::{List, ListLoss},
        loss_over_lists,
    },
};
use crate::error::Error;

/// The mean of `max(0, margin − (sᵢ − sⱼ))` over a query's pairs of candidates of which `i` has the higher grade
/// (Schroff et al. 2015, with similarities in place of distances).
///
/// A pair that is apart by the margin has no loss.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Loss, LossBatch, Triplet};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 0, grade: 1 }];
/// let at = |x: f32| {
///     let queries = Tensor::from_data([[x, 0.25]], items.device());
///     Triplet::default().evaluate(queries, &LossBatch::new(vec![relevant]), &items)
/// };
/// assert!((at(0.35)?.loss - 0.1).abs() < 1e-6);
/// assert_eq!(at(0.5)?.loss, 0.0);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Triplet {
    /// The margin of similarity between the items of a pair. Above 0. Default: 0.2.
    pub margin: f32,
    /// The candidates. Default: the 100 most similar items.
    pub candidates: Candidates,
}

impl Default for Triplet {
    fn default() -> Self {
        Self { margin: 0.2, candidates: Candidates::Top(100) }
    }
}

impl ListLoss for Triplet {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (mut sum, margin) = (0.0, f64::from(self.margin));
        let pairs = list.for_pairs(|higher, lower| {
            let short = margin - list.ahead(higher, lower);
            if short > 0.0 {
                sum += short;
                slopes[higher.at] -= 1.0;
                slopes[lower.at] += 1.0;
            }
        });
        list.mean_of_pairs(sum, pairs, slopes)
    }
}

impl LossKind for Triplet {
    const KIND: &'static str = "triplet";
    const ABOUT: &'static str =
        "Every pair of a more and a less relevant item, until it is apart by a margin";

    fn check(&self) -> Result<(), Error> {
        self.candidates.check()?;
        check_above_zero("margin of the triplet loss", self.margin)
    }
}

loss_over_lists!(Triplet, |loss| ListSource::Candidates(loss.candidates));
