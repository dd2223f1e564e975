//! Multi-positive softmax over frozen items.

use burn::tensor::{Tensor, TensorData};
use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;
use serde::{Deserialize, Serialize};

use super::{Loss, LossValue};
use crate::{Error, ItemBlock, Items, Judgement};

mod exp;
mod fused;
mod tensors;

/// Which items a query's relevant ones compete with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidates {
    /// All items: exact, and what precomputed embeddings make cheap.
    #[default]
    AllItems,
    /// The relevant items of the batch's queries, each once. An item that is relevant to several of them counts
    /// as relevant to each.
    InBatch,
}

/// Cross-entropy between a softmax over items and the relevant items:
/// `-Σⱼ wⱼ log softmax(scale · ⟨z, d⟩)ⱼ`, where `w` is a query's grades scaled to sum to 1.
///
/// Exact over any number of items: on the CPU the similarities are made tile by tile and never all kept, since the
/// gradient `scale · (Σⱼ pⱼ dⱼ − Σⱼ wⱼ dⱼ)` is an attention over the items with themselves as values, which can be
/// summed up as it goes (online softmax: Milakov and Gimelshein 2018, Dao et al. 2022).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Loss, Softmax};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let queries = Tensor::from_data([[0.0, 0.0]], items.device());
/// let relevant: &[Judgement] = &[Judgement { item: 1, grade: 1 }];
/// let value = Softmax { scale: 1.0, ..Softmax::default() }.evaluate(queries, &[relevant], &items)?;
/// assert!((value.loss - 2.0_f64.ln()).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Softmax {
    /// What the similarities are multiplied by: one over the temperature. Above 0. Default: 30.
    pub scale: f32,
    /// Which items compete. Default: all.
    pub candidates: Candidates,
}

impl Default for Softmax {
    fn default() -> Self {
        Self { scale: 30.0, candidates: Candidates::default() }
    }
}

impl Softmax {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.scale.is_finite() && self.scale > 0.0 {
            return Ok(());
        }
        let (name, expected) = ("scale of the softmax loss", "a finite number above 0");
        Err(Error::Config { name, expected, found: self.scale.to_string() })
    }
}

impl Loss for Softmax {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        judgements: &[&[Judgement]],
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        let mut targets = targets_of(judgements);
        match self.candidates {
            Candidates::AllItems if items.on_cpu() => self.on_cpu(queries, &targets, items.embeddings()),
            Candidates::AllItems => tensors::softmax(queries, &targets, items.blocks(), self.scale),
            Candidates::InBatch => {
                let rows = relevant_items(&mut targets);
                if items.on_cpu() {
                    return self.on_cpu(queries, &targets, &items.embeddings().select(&rows)?);
                }
                let candidates = [ItemBlock { first: 0, tensor: items.rows(&rows) }];
                tensors::softmax(queries, &targets, &candidates, self.scale)
            }
        }
    }
}

impl Softmax {
    fn on_cpu(
        &self,
        queries: Tensor<2>,
        targets: &[Vec<Target>],
        items: &Embeddings,
    ) -> Result<LossValue, Error> {
        let device = queries.device();
        let shape = queries.dims();
        let queries = embeddings_from_tensor(queries)?;
        let (loss, gradient) = fused::softmax(&queries, targets, items, self.scale);
        Ok(LossValue { loss, gradient: Tensor::from_data(TensorData::new(gradient, shape), &device) })
    }
}

/// A relevant candidate and its share of the query's grades.
#[derive(Clone, Copy, Debug)]
struct Target {
    candidate: usize,
    weight: f32,
}

fn targets_of(judgements: &[&[Judgement]]) -> Vec<Vec<Target>> {
    let targets = |judged: &[Judgement]| {
        let relevant = || judged.iter().filter(|judgement| judgement.grade > 0);
        let sum: f32 = relevant().map(|judgement| judgement.grade as f32).sum();
        relevant()
            .map(|judgement| Target { candidate: judgement.item, weight: judgement.grade as f32 / sum })
            .collect()
    };
    judgements.iter().map(|judged| targets(judged)).collect()
}

/// The items that occur in the targets, which afterwards speak of positions in this list.
fn relevant_items(targets: &mut [Vec<Target>]) -> Vec<usize> {
    let mut rows: Vec<usize> = targets.iter().flatten().map(|target| target.candidate).collect();
    rows.sort_unstable();
    rows.dedup();
    for target in targets.iter_mut().flatten() {
        target.candidate = rows.partition_point(|&row| row < target.candidate);
    }
    rows
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use ess_search::DeviceEncoding;
    use proptest::prelude::*;

    use super::*;

    fn wave(n: usize, d: usize, frequency: f32) -> Embeddings {
        Embeddings::from_vec((0..n * d).map(|i| (i as f32 * frequency).sin()).collect(), d).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn tensor_operations_agree_with_the_fused_kernel(
            n in 1_usize..150, m in 1_usize..600, d in 1_usize..9, scale in 0.1_f32..30.0, block in 1_usize..700,
        ) {
            let (queries, items) = (wave(n, d, 0.37), wave(m, d, 0.11));
            let targets: Vec<Vec<Target>> = (0..n)
                .map(|query| {
                    let target = |step: usize, weight| Target { candidate: (query * 5 + step) % m, weight };
                    vec![target(0, 0.25), target(1, 0.75)]
                })
                .collect();
            let (loss, gradient) = fused::softmax(&queries, &targets, &items, scale);
            let device = Device::flex();
            let candidates: Vec<ItemBlock> = (0..m)
                .step_by(block)
                .map(|first| ItemBlock {
                    first,
                    tensor: items.to_tensors(&device).slice(burn::tensor::s![first..m.min(first + block), ..]),
                })
                .collect();
            let tensors = tensors::softmax(queries.to_tensors(&device), &targets, &candidates, scale).unwrap();
            prop_assert!((loss - tensors.loss).abs() < 1e-4 * (1.0 + loss.abs()), "{} {}", loss, tensors.loss);
            let other = embeddings_from_tensor(tensors.gradient).unwrap();
            let close = gradient.iter().zip(other.as_slice()).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + scale));
            prop_assert!(close);
        }
    }
}
