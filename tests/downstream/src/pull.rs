//! A loss that draws each query towards its relevant items, one by one.

use ess_kit::{
    prelude::*,
    search::embeddings_from_tensor,
    train::{Error, Loss, LossBatch, LossKind, LossValue},
};
use serde::{Deserialize, Serialize};

/// `‖z − d‖²` for the mean `d` of a query's relevant items, times `strength`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pull {
    /// What the squared distance is multiplied by; above 0.
    pub strength: f32,
}

impl Default for Pull {
    fn default() -> Self {
        Self { strength: 1.0 }
    }
}

impl LossKind for Pull {
    const KIND: &'static str = "pull";

    fn check(&self) -> Result<(), Error> {
        if self.strength.is_finite() && self.strength > 0.0 {
            return Ok(());
        }
        let found = self.strength.to_string();
        Err(Error::Config { name: "strength", expected: "a finite number above 0", found })
    }
}

impl Loss for Pull {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        let (device, [n, dim]) = (queries.device(), queries.dims());
        let mapped = embeddings_from_tensor(queries)?;
        let (mut loss, mut gradient) = (0.0, Vec::with_capacity(n * dim));
        for (row, judged) in mapped.rows().zip(batch.judgements()) {
            let relevant: Vec<_> = judged.iter().filter(|judgement| judgement.grade > 0).collect();
            let mean = |i: usize| {
                relevant.iter().map(|judgement| items.embeddings().row(judgement.item)[i]).sum::<f32>()
                    / relevant.len() as f32
            };
            for (i, z) in row.iter().enumerate() {
                let away = z - mean(i);
                loss += f64::from(self.strength * away * away) / n as f64;
                gradient.push(2.0 * self.strength * away / n as f32);
            }
        }
        Ok(LossValue::new(loss, Tensor::<1>::from_floats(gradient.as_slice(), &device).reshape([n, dim])))
    }

    fn config(&self) -> LossConfig {
        LossConfig::of(self.clone())
    }
}
