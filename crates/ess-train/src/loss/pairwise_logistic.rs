//! Pairwise logistic loss.

use serde::{Deserialize, Serialize};

use super::{
    candidates::Candidates,
    kind::{LossKind, check_above_zero},
    lists::{
        ListSource,
        list::{List, ListLoss},
        loss_over_lists,
    },
    pairs::{sigmoid, softplus},
};
use crate::error::Error;

/// The mean of `log(1 + exp(−scale · (sᵢ − sⱼ)))` over a query's pairs of candidates of which `i` has the higher grade
/// (RankNet: Burges et al. 2005).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Loss, LossBatch, PairwiseLogistic};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 0, grade: 1 }];
/// let queries = Tensor::from_data([[0.3, 0.3]], items.device());
/// let value = PairwiseLogistic::default().evaluate(queries, &LossBatch::new(vec![relevant]), &items)?;
/// assert!((value.loss - 2.0_f64.ln()).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PairwiseLogistic {
    /// The factor of the similarities. Above 0. Default: 30.
    pub scale: f32,
    /// The candidates. Default: the 100 most similar items.
    pub candidates: Candidates,
}

impl Default for PairwiseLogistic {
    fn default() -> Self {
        Self { scale: 30.0, candidates: Candidates::Top(100) }
    }
}

impl ListLoss for PairwiseLogistic {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (mut sum, scale) = (0.0, f64::from(self.scale));
        let pairs = list.for_pairs(|higher, lower| {
            let ahead = scale * list.ahead(higher, lower);
            sum += softplus(-ahead);
            let slope = (scale * sigmoid(-ahead)) as f32;
            slopes[higher.at] -= slope;
            slopes[lower.at] += slope;
        });
        list.mean_of_pairs(sum, pairs, slopes)
    }
}

impl LossKind for PairwiseLogistic {
    const KIND: &'static str = "pairwise_logistic";
    const ABOUT: &'static str = "Every pair of a more and a less relevant item, by a logistic";

    fn check(&self) -> Result<(), Error> {
        self.candidates.check()?;
        check_above_zero("scale of the pairwise logistic loss", self.scale)
    }
}

loss_over_lists!(PairwiseLogistic, |loss| ListSource::Candidates(loss.candidates));
