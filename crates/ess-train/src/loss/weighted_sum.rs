//! Several losses at once.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{
    batch::LossBatch,
    kind::{Loss, LossConfig, LossKind, check_above_zero},
    needs::Needs,
    value::LossValue,
};
use crate::{data::items::Items, error::Error};

/// A loss and its weight in a sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The factor of the loss. Above 0.
    pub weight: f32,
    /// The loss.
    pub loss: LossConfig,
}

/// A weighted sum of losses, at least one.
///
/// ```
/// use ess_train::{LossConfig, Recovery, Softmax, Term, WeightedSum};
///
/// let term = |weight, loss| Term { weight, loss };
/// let terms = vec![
///     term(1.0, LossConfig::of(Softmax::default())),
///     term(0.1, LossConfig::of(Recovery::default())),
/// ];
/// let loss = LossConfig::of(WeightedSum { terms }).build()?;
/// assert!(loss.needs().frozen && !loss.needs().teacher);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedSum {
    /// The losses and their weights.
    pub terms: Vec<Term>,
}

impl LossKind for WeightedSum {
    const KIND: &'static str = "sum";
    const ABOUT: &'static str = "A weighted sum of other losses";

    fn check(&self) -> Result<(), Error> {
        if self.terms.is_empty() {
            let (name, expected) = ("terms of a sum of losses", "at least one");
            return Err(Error::Config { name, expected, found: "none".to_owned() });
        }
        for term in &self.terms {
            check_above_zero("weight of a loss in a sum", term.weight)?;
            term.loss.build()?;
        }
        Ok(())
    }
}

impl Loss for WeightedSum {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        let mut sum = LossValue::new(0.0, queries.zeros_like());
        for Term { weight, loss } in &self.terms {
            let value = loss.build()?.evaluate(queries.clone(), batch, items)?;
            sum.loss += f64::from(*weight) * value.loss;
            sum.gradient = sum.gradient + value.gradient * *weight;
            let scaled = value.item_gradient.map(|gradient| gradient * *weight);
            sum.item_gradient = match (sum.item_gradient, scaled) {
                (Some(sum), Some(scaled)) => Some(sum + scaled),
                (sum, scaled) => sum.or(scaled),
            };
        }
        Ok(sum)
    }

    fn config(&self) -> LossConfig {
        LossConfig::of(self.clone())
    }

    fn needs(&self) -> Needs {
        let needs = self.terms.iter().filter_map(|term| term.loss.build().ok()).map(|loss| loss.needs());
        needs.fold(Needs::default(), Needs::or)
    }

    fn takes_scoring(&self) -> bool {
        self.terms.iter().all(|term| term.loss.build().is_ok_and(|loss| loss.takes_scoring()))
    }
}
