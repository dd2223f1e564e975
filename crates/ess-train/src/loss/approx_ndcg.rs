//! ApproxNDCG.

use serde::{Deserialize, Serialize};

use super::{
    candidates::Candidates,
    dcg::ideal_dcg,
    gain::Gain,
    kind::{LossKind, check_above_zero},
    lists::{
        ListSource,
        list::{List, ListLoss, Relevant},
        loss_over_lists,
    },
    pairs::sigmoid,
};
use crate::error::Error;

/// One minus nDCG with smooth ranks: the rank of candidate `i` is `1 + Σⱼ σ(scale · (sⱼ − sᵢ))` (Qin et al. 2010).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{ApproxNdcg, Items, Judgement, Loss, LossBatch};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 0, grade: 1 }];
/// let queries = Tensor::from_data([[0.3, 0.3]], items.device());
/// let value = ApproxNdcg::default().evaluate(queries, &LossBatch::new(vec![relevant]), &items)?;
/// // A tie of two: rank one and a half.
/// assert!((value.loss - (1.0 - 1.0 / 2.5_f64.log2())).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApproxNdcg {
    /// The factor of the similarities: the larger, the sharper the ranks. Above 0. Default: 30.
    pub scale: f32,
    /// The candidates. Default: the 100 most similar items.
    pub candidates: Candidates,
    /// The gain of a grade. Default: linear.
    pub gain: Gain,
}

impl Default for ApproxNdcg {
    fn default() -> Self {
        Self { scale: 30.0, candidates: Candidates::Top(100), gain: Gain::default() }
    }
}

impl ApproxNdcg {
    /// `1 / log₂(1 + rank)` of a candidate; adds `factor` times its derivatives to the slopes.
    fn discount(&self, list: &List<'_>, candidate: Relevant, factor: f64, slopes: &mut [f32]) -> f64 {
        let scale = f64::from(self.scale);
        let behind = |at: usize| sigmoid(-scale * list.ahead(candidate, Relevant { at, ..candidate }));
        let others = || (0..list.similarities.len()).filter(|&at| at != candidate.at);
        let shares: Vec<f64> = others().map(behind).collect();
        let log = (2.0 + shares.iter().sum::<f64>()).log2();
        let of_rank = -factor / (log * log * log.exp2() * std::f64::consts::LN_2);
        for (at, share) in others().zip(shares) {
            let slope = (of_rank * scale * share * (1.0 - share)) as f32;
            slopes[at] += slope;
            slopes[candidate.at] -= slope;
        }
        1.0 / log
    }
}

impl ListLoss for ApproxNdcg {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (best, ideal) = (list.best_grade(), ideal_dcg(list.relevant, self.gain, None));
        if ideal == 0.0 {
            return 0.0;
        }
        let share = |&relevant: &Relevant| {
            let gain = self.gain.of(relevant.grade, best) / ideal;
            gain * self.discount(list, relevant, -gain, slopes)
        };
        1.0 - list.relevant.iter().map(share).sum::<f64>()
    }
}

impl LossKind for ApproxNdcg {
    const KIND: &'static str = "approx_ndcg";
    const ABOUT: &'static str = "nDCG with smooth ranks";

    fn check(&self) -> Result<(), Error> {
        self.candidates.check()?;
        check_above_zero("scale of the approximate nDCG loss", self.scale)
    }
}

loss_over_lists!(ApproxNdcg, |loss| ListSource::Candidates(loss.candidates));
