//! Recovery towards the identity.

use burn::tensor::{Tensor, TensorData};
use ess_search::embeddings_from_tensor;
use serde::{Deserialize, Serialize};

use super::{
    batch::LossBatch,
    kind::{Loss, LossConfig, LossKind},
    needs::Needs,
    value::LossValue,
};
use crate::{data::items::Items, error::Error};

/// How far a mapped query is from its frozen vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// `‖z − q‖²`.
    #[default]
    Squared,
    /// `1 − cos(z, q)`; 1 where one of them is zero.
    Cosine,
}

/// The distance of mapped queries from their frozen vectors. As a term of a sum it keeps a module near the identity on the
/// training queries; weight decay keeps it near the identity everywhere.
///
/// It does not depend on the items. Queries and items must be of one space.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Loss, LossBatch, Recovery};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant: &[Judgement] = &[Judgement { item: 0, grade: 1 }];
/// let frozen = Tensor::from_data([[1.0, 0.5]], items.device());
/// let batch = LossBatch::new(vec![relevant]).with_frozen(frozen);
/// let mapped = Tensor::from_data([[1.0, 0.0]], items.device());
/// assert_eq!(Recovery::default().evaluate(mapped, &batch, &items)?.loss, 0.25);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recovery {
    /// The distance. Default: `‖z − q‖²`.
    pub distance: Distance,
}

impl Distance {
    /// The distance of `z` from `q`; writes its derivative with respect to `z`.
    fn of(self, z: &[f32], q: &[f32], slope: &mut [f32]) -> f64 {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        match self {
            Self::Squared => {
                let mut sum = 0.0;
                for ((&z, &q), slope) in z.iter().zip(q).zip(slope) {
                    let off = f64::from(z) - f64::from(q);
                    sum += off * off;
                    *slope = (2.0 * off) as f32;
                }
                sum
            }
            Self::Cosine => {
                let (of_z, of_q) = (dot(z, z).sqrt(), dot(q, q).sqrt());
                if of_z == 0.0 || of_q == 0.0 {
                    return 1.0;
                }
                let cosine = dot(z, q) / (of_z * of_q);
                for ((&z, &q), slope) in z.iter().zip(q).zip(slope) {
                    *slope = ((cosine * f64::from(z) / of_z - f64::from(q) / of_q) / of_z) as f32;
                }
                1.0 - cosine
            }
        }
    }
}

impl LossKind for Recovery {
    const KIND: &'static str = "recovery";
    const ABOUT: &'static str = "The frozen queries themselves";
}

impl Loss for Recovery {
    // On the host for every device: `n × d` components are little beside what any other loss moves.
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        _items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        let (device, [n, dim]) = (queries.device(), queries.dims());
        let mapped = embeddings_from_tensor(queries)?;
        let frozen = embeddings_from_tensor(batch.frozen()?.clone())?;
        ess_core::Error::check_dim("frozen vectors of a batch", dim, frozen.dim())?;
        let mut gradient = vec![0.0; n * dim];
        let rows = mapped.rows().zip(frozen.rows()).zip(gradient.chunks_mut(dim));
        let of_row = |z: &[f32], q: &[f32], slope: &mut [f32], weight: f32| {
            let distance = self.distance.of(z, q, slope);
            slope.iter_mut().for_each(|slope| *slope *= weight);
            distance * f64::from(weight)
        };
        let loss: f64 =
            rows.zip(batch.weights()).map(|(((z, q), slope), weight)| of_row(z, q, slope, weight)).sum();
        let gradient = Tensor::<2>::from_data(TensorData::new(gradient, [n, dim]), &device);
        Ok(LossValue::new(loss / n as f64, gradient / n as f32))
    }

    fn config(&self) -> LossConfig {
        LossConfig::of(self.clone())
    }

    fn needs(&self) -> Needs {
        Needs { frozen: true, ..Needs::default() }
    }
}
