//! Multi-positive softmax over frozen items.

use burn::tensor::{Tensor, TensorData};
use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;
use serde::{Deserialize, Serialize};

use super::{
    batch::LossBatch,
    candidates::Candidates,
    gain::Gain,
    kind::{Loss, LossConfig, LossKind, check_above_zero},
    lists::{
        self,
        list::{List, ListLoss},
    },
    listwise_kl::log_softmax,
    needs::Needs,
    value::LossValue,
};
use crate::{
    data::{
        items::{ItemBlock, Items},
        laid_out::LaidOutItems,
    },
    error::Error,
};

mod fused;
mod products;
mod target;
mod tensors;

use target::{Target, relevant_items, targets_of};

/// Cross-entropy between a softmax over items and the relevant items:
/// `-Σⱼ wⱼ log softmax(scale · ⟨z, d⟩)ⱼ`, where `w` is the gains of a query's grades scaled to sum to 1.
///
/// It is exact over any number of items. On the CPU the similarities are computed tile by tile and are never all in memory.
/// The gradient `scale · (Σⱼ pⱼ dⱼ − Σⱼ wⱼ dⱼ)` is an attention over the items with the items as values, which online softmax
/// sums up in one pass (Milakov and Gimelshein 2018, Dao et al. 2022).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use ess_core::Embeddings;
/// use ess_train::{Items, Judgement, Loss, LossBatch, Softmax};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let queries = Tensor::from_data([[0.0, 0.0]], items.device());
/// let relevant: &[Judgement] = &[Judgement { item: 1, grade: 1 }];
/// let batch = LossBatch::new(vec![relevant]);
/// let value = Softmax { scale: 1.0, ..Softmax::default() }.evaluate(queries, &batch, &items)?;
/// assert!((value.loss - 2.0_f64.ln()).abs() < 1e-6);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Softmax {
    /// The factor of the similarities, the inverse temperature. Above 0. Default: 30.
    pub scale: f32,
    /// The candidates. Default: all items.
    pub candidates: Candidates,
    /// The gain of a grade among a query's relevant items. Default: linear.
    pub gain: Gain,
}

impl Default for Softmax {
    fn default() -> Self {
        Self { scale: 30.0, candidates: Candidates::default(), gain: Gain::default() }
    }
}

impl LossKind for Softmax {
    const KIND: &'static str = "softmax";
    const ABOUT: &'static str = "Softmax over all items";

    fn check(&self) -> Result<(), Error> {
        self.candidates.check()?;
        check_above_zero("scale of the softmax loss", self.scale)
    }
}

impl Loss for Softmax {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        if batch.scoring().is_some() {
            return lists::evaluate(self, queries, batch, items, self.candidates);
        }
        let items_too = batch.wants_item_gradient();
        let mut targets = targets_of(batch.judgements(), self.gain);
        let weights = batch.weights();
        match self.candidates {
            Candidates::AllItems if items.on_cpu() => {
                // The gradient of items takes a second pass, which has to find the logits of the first.
                let kept = batch.has_lasting_items() && !items_too;
                let laid_out = if kept { items.laid_out() } else { None };
                self.on_cpu(queries, &targets, &weights, items.embeddings(), laid_out, items_too)
            }
            Candidates::AllItems => {
                tensors::softmax(queries, &targets, &weights, items.blocks(), self.scale, items_too)
            }
            Candidates::InBatch => {
                let rows = relevant_items(&mut targets);
                if items.on_cpu() {
                    let chosen = items.embeddings().select(&rows)?;
                    let value = self.on_cpu(queries, &targets, &weights, &chosen, None, items_too)?;
                    return Ok(spread(value, &rows, items));
                }
                let chosen = [ItemBlock { first: 0, tensor: items.rows(&rows) }];
                let value = tensors::softmax(queries, &targets, &weights, &chosen, self.scale, items_too)?;
                Ok(spread(value, &rows, items))
            }
            Candidates::Negatives | Candidates::Top(_) => {
                lists::evaluate(self, queries, batch, items, self.candidates)
            }
        }
    }

    fn config(&self) -> LossConfig {
        LossConfig::of(self.clone())
    }

    fn needs(&self) -> Needs {
        self.candidates.needs()
    }

    fn takes_scoring(&self) -> bool {
        true
    }
}

impl ListLoss for Softmax {
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (scale, best) = (f64::from(self.scale), list.best_grade());
        let gains = || list.relevant.iter().map(|relevant| self.gain.of(relevant.grade, best));
        let (logs, sum) = (log_softmax(list.similarities, scale), gains().sum::<f64>());
        for (slope, log) in slopes.iter_mut().zip(&logs) {
            *slope += (scale * log.exp()) as f32;
        }
        let of_relevant = list.relevant.iter().zip(gains()).map(|(relevant, gain)| {
            slopes[relevant.at] -= (scale * gain / sum) as f32;
            -gain / sum * logs[relevant.at]
        });
        of_relevant.sum()
    }
}

impl Softmax {
    fn on_cpu(
        &self,
        queries: Tensor<2>,
        targets: &[Vec<Target>],
        weights: &[f32],
        items: &Embeddings,
        laid_out: Option<&LaidOutItems>,
        items_too: bool,
    ) -> Result<LossValue, Error> {
        let device = queries.device();
        let queries = embeddings_from_tensor(queries)?;
        let dim = queries.dim();
        let tensor = |values: Vec<f32>| {
            let rows = values.len() / dim;
            Tensor::from_data(TensorData::new(values, [rows, dim]), &device)
        };
        let scale = self.scale;
        let fused::Value { loss, gradient, seen } =
            fused::softmax(&queries, targets, weights, items, laid_out, scale);
        let item_gradient =
            items_too.then(|| tensor(fused::item_gradient(&queries, targets, weights, items, scale, &seen)));
        Ok(LossValue { loss, gradient: tensor(gradient), item_gradient })
    }
}

/// Brings the gradient of some rows of the items to their indices among all.
fn spread(value: LossValue, rows: &[usize], items: &Items<'_>) -> LossValue {
    let item_gradient = value.item_gradient.map(|gradient| lists::tensors::spread(gradient, rows, items));
    LossValue { item_gradient, ..value }
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
            let weights: Vec<f32> = (0..n).map(|query| (query % 4) as f32 * 0.5).collect();
            let fused::Value { loss, gradient, seen } =
                fused::softmax(&queries, &targets, &weights, &items, None, scale);
            let of_items = fused::item_gradient(&queries, &targets, &weights, &items, scale, &seen);
            let device = Device::flex();
            let candidates: Vec<ItemBlock> = (0..m)
                .step_by(block)
                .map(|first| ItemBlock {
                    first,
                    tensor: items.to_tensors(&device).slice(burn::tensor::s![first..m.min(first + block), ..]),
                })
                .collect();
            let tensors =
                tensors::softmax(queries.to_tensors(&device), &targets, &weights, &candidates, scale, true).unwrap();
            prop_assert!((loss - tensors.loss).abs() < 1e-4 * (1.0 + loss.abs()), "{} {}", loss, tensors.loss);
            for (found, other) in [(gradient, tensors.gradient), (of_items, tensors.item_gradient.unwrap())] {
                let other = embeddings_from_tensor(other).unwrap();
                let close = found.iter().zip(other.as_slice()).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + scale));
                prop_assert!(close);
            }
        }
    }

    /// The sums of a first block beside logits that are larger by more than an exponential can bear.
    #[test]
    fn blocks_far_apart_are_joined_at_the_larger_maximum() {
        let device = Device::flex();
        let rows = |values: Vec<f32>| Embeddings::from_vec(values, 1).unwrap().to_tensors(&device);
        let targets = [vec![Target { candidate: 0, weight: 0.5 }, Target { candidate: 3, weight: 0.5 }]];
        for (first, second) in [(1.0, 300.0), (300.0, 1.0)] {
            let blocks = [
                ItemBlock { first: 0, tensor: rows(vec![first; 2]) },
                ItemBlock { first: 2, tensor: rows(vec![second; 2]) },
            ];
            let value = tensors::softmax(rows(vec![1.0]), &targets, &[1.0], &blocks, 1.0, true).unwrap();
            let expected = 2.0_f64.ln() + 0.5 * 299.0;
            assert!((value.loss - expected).abs() < 1e-3, "{} {expected}", value.loss);
            let of_items = embeddings_from_tensor(value.item_gradient.unwrap()).unwrap();
            let large = [usize::from(second > first) * 2, usize::from(second > first) * 2 + 1];
            let share = |item: usize| of_items.row(item)[0] + if item == 0 || item == 3 { 0.5 } else { 0.0 };
            for item in 0..4 {
                let expected = if large.contains(&item) { 0.5 } else { 0.0 };
                assert!((share(item) - expected).abs() < 1e-6, "item {item}: {}", share(item));
            }
        }
    }
}
