//! The softmax loss in tensor operations, for any device.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData, s};
use ess_search::largest_tensor;

use super::{LossValue, Target};
use crate::{Error, ItemBlock};

/// The most similarities that exist at once: 64 Mi numbers, a quarter of a gigabyte. Less where the device says so.
const MAX_SIMILARITIES: usize = 1 << 26;

/// As `fused::softmax`, in chunks of queries and blocks of candidates that keep the similarities within bounds.
pub(super) fn softmax(
    queries: Tensor<2>,
    targets: &[Vec<Target>],
    candidates: &[ItemBlock],
    scale: f32,
) -> Result<LossValue, Error> {
    let [n, _] = queries.dims();
    let widest = candidates.iter().map(|block| block.tensor.dims()[0]).max().unwrap_or(1);
    let chunk = (MAX_SIMILARITIES.min(largest_tensor(&queries.device())) / widest).clamp(1, n);
    let mut loss = 0.0;
    let mut gradients = Vec::new();
    for start in (0..n).step_by(chunk) {
        let end = n.min(start + chunk);
        let rows = queries.clone().slice(s![start..end, ..]);
        let (sum, gradient) = of_chunk(rows, &targets[start..end], candidates, scale)?;
        loss += sum;
        gradients.push(gradient);
    }
    let gradient = Tensor::cat(gradients, 0) * (scale / n as f32);
    Ok(LossValue { loss: loss / n as f64, gradient })
}

/// The sum of the losses, and for each query `Σⱼ pⱼ dⱼ − Σⱼ wⱼ dⱼ`.
fn of_chunk(
    queries: Tensor<2>,
    targets: &[Vec<Target>],
    candidates: &[ItemBlock],
    scale: f32,
) -> Result<(f64, Tensor<2>), Error> {
    let mut seen: Option<Seen> = None;
    for block in candidates {
        let found = Seen::new(queries.clone(), &block.tensor, scale);
        seen = Some(match seen {
            Some(before) => before.join(found),
            None => found,
        });
    }
    let Some(Seen { max, total, weighted }) = seen else {
        return Err(ess_core::Error::Empty { what: "candidates of a softmax" }.into());
    };
    let expected = weighted / total.clone();
    let wanted = weighted_sums(targets, candidates, queries.dims());
    let of_targets = (queries * wanted.clone()).sum_dim(1) * scale;
    let losses = ess_search::embeddings_from_tensor(max + total.log() - of_targets)?;
    Ok((losses.as_slice().iter().map(|&loss| f64::from(loss)).sum(), expected - wanted))
}

/// What each of `n` queries has seen of a softmax over candidates.
struct Seen {
    /// The largest logit, `n × 1`.
    max: Tensor<2>,
    /// `Σⱼ exp(logitⱼ − max)`, `n × 1`.
    total: Tensor<2>,
    /// `Σⱼ exp(logitⱼ − max) dⱼ`, `n × d`.
    weighted: Tensor<2>,
}

impl Seen {
    fn new(queries: Tensor<2>, candidates: &Tensor<2>, scale: f32) -> Self {
        let logits = queries.matmul(candidates.clone().transpose()) * scale;
        let max = logits.clone().max_dim(1);
        let weights = (logits - max.clone()).exp();
        let total = weights.clone().sum_dim(1);
        Self { max, total, weighted: weights.matmul(candidates.clone()) }
    }

    fn join(self, other: Self) -> Self {
        let max = self.max.clone().max_pair(other.max.clone());
        let (of_self, of_other) = ((self.max - max.clone()).exp(), (other.max - max.clone()).exp());
        Self {
            max,
            total: self.total * of_self.clone() + other.total * of_other.clone(),
            weighted: self.weighted * of_self + other.weighted * of_other,
        }
    }
}

/// For each query, `Σⱼ wⱼ dⱼ` over its relevant candidates: `n × d`.
fn weighted_sums(targets: &[Vec<Target>], candidates: &[ItemBlock], shape: [usize; 2]) -> Tensor<2> {
    let mut sums = Tensor::zeros(shape, &candidates[0].tensor.device());
    for block in candidates {
        let (mut owners, mut chosen, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let rows = block.first..block.first + block.tensor.dims()[0];
        for (query, targets) in targets.iter().enumerate() {
            for target in targets.iter().filter(|target| rows.contains(&target.candidate)) {
                owners.push(query as i64);
                chosen.push((target.candidate - block.first) as i64);
                weights.push(target.weight);
            }
        }
        if owners.is_empty() {
            continue;
        }
        let device = block.tensor.device();
        let count = owners.len();
        let owners = Tensor::<1, Int>::from_data(TensorData::new(owners, [count]), &device);
        let chosen = Tensor::<1, Int>::from_data(TensorData::new(chosen, [count]), &device);
        let weights = Tensor::<2>::from_data(TensorData::new(weights, [count, 1]), &device);
        let weighted = block.tensor.clone().select(0, chosen) * weights;
        sums = sums.select_assign(0, owners, weighted, IndexingUpdateOp::Add);
    }
    sums
}
