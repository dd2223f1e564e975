//! LambdaRank.

use serde::{Deserialize, Serialize};

use super::{
    candidates::Candidates,
    dcg::{discount, ideal_dcg, ranks},
    gain::Gain,
    kind::{LossKind, check_above_zero},
    lists::{
        ListSource,
        list::{List, ListLoss},
        loss_over_lists,
    },
    pairs::{sigmoid, softplus},
};
use crate::error::Error;

/// Pairwise logistic loss in which the weight of a pair is the change of nDCG if its two items exchanged ranks: `Σ |ΔnDCGᵢⱼ|
/// · log₂(1 + exp(−scale · (sᵢ − sⱼ)))` (LambdaRank: Burges 2010; as a loss: Wang et al. 2018).
///
/// The gradient treats the weights as constants, as LambdaRank does.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Lambda, Loss, LossBatch};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 1, grade: 1 }];
/// // A tie: one of the two stands at rank 2, and to exchange them changes nDCG by as much either way.
/// let queries = Tensor::from_data([[0.3, 0.3]], items.device());
/// let value = Lambda::default().evaluate(queries, &LossBatch::new(vec![relevant]), &items)?;
/// assert!((value.loss - (1.0 - 1.0 / 3.0_f64.log2())).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lambda {
    /// The factor of the similarities. Above 0. Default: 30.
    pub scale: f32,
    /// The candidates. Default: the 100 most similar items.
    pub candidates: Candidates,
    /// The gain of a grade. Default: linear.
    pub gain: Gain,
    /// The cutoff of nDCG, `null` for none. Above 0. Default: `null`.
    pub cutoff: Option<usize>,
}

impl Default for Lambda {
    fn default() -> Self {
        Self { scale: 30.0, candidates: Candidates::Top(100), gain: Gain::default(), cutoff: None }
    }
}

impl ListLoss for Lambda {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (best, scale) = (list.best_grade(), f64::from(self.scale));
        // Above 0 where there is a pair.
        let ideal = ideal_dcg(list.relevant, self.gain, self.cutoff);
        let discounts: Vec<f64> =
            ranks(list.similarities).into_iter().map(|rank| discount(rank, self.cutoff)).collect();
        let mut sum = 0.0;
        list.for_pairs(|higher, lower| {
            let gain = self.gain.of(higher.grade, best) - self.gain.of(lower.grade, best);
            let weight = gain * (discounts[higher.at] - discounts[lower.at]).abs() / ideal;
            let ahead = scale * list.ahead(higher, lower);
            sum += weight * softplus(-ahead) * std::f64::consts::LOG2_E;
            let slope = (weight * scale * sigmoid(-ahead) * std::f64::consts::LOG2_E) as f32;
            slopes[higher.at] -= slope;
            slopes[lower.at] += slope;
        });
        sum
    }
}

impl LossKind for Lambda {
    const KIND: &'static str = "lambda";
    const ABOUT: &'static str = "Pairs weighed by what they change in nDCG (LambdaRank)";

    fn check(&self) -> Result<(), Error> {
        self.candidates.check()?;
        check_above_zero("scale of the lambda loss", self.scale)?;
        match self.cutoff {
            Some(0) => {
                let (name, expected) = ("cutoff of the lambda loss", "at least 1, or null");
                Err(Error::Config { name, expected, found: "0".to_owned() })
            }
            _ => Ok(()),
        }
    }
}

loss_over_lists!(Lambda, |loss| ListSource::Candidates(loss.candidates));
