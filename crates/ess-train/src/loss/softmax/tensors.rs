//! The softmax loss in tensor operations, for any device.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData, s};
use ess_search::{largest_tensor, longest_row};

use super::target::Target;
use crate::{
    data::items::ItemBlock,
    error::Error,
    loss::{lists::tensors::rows_tensor, rows_at_once::rows_at_once, value::LossValue},
};

/// The maximum number of similarities that exist at once: 64 Mi numbers, a quarter of a gigabyte. Less where the device says so.
const MAX_SIMILARITIES: usize = 1 << 26;

/// As `fused::softmax`, with every query's weight, in chunks of queries and blocks of candidates that keep the similarities within bounds.
pub(super) fn softmax(
    queries: Tensor<2>,
    targets: &[Vec<Target>],
    weights: &[f32],
    candidates: &[ItemBlock],
    scale: f32,
    items_too: bool,
) -> Result<LossValue, Error> {
    let [n, _] = queries.dims();
    let candidates = &cut(candidates, longest_row(&queries.device()));
    let widest = candidates.iter().map(|block| block.tensor.dims()[0]).max().unwrap_or(1);
    let elements = MAX_SIMILARITIES.min(largest_tensor(&queries.device()));
    let chunk = rows_at_once(elements, widest, n);
    let mut loss = 0.0;
    let mut gradients = Vec::new();
    let mut of_items = OfItems::new(if items_too { candidates } else { &[] });
    for start in (0..n).step_by(chunk) {
        let end = n.min(start + chunk);
        let rows = queries.clone().slice(s![start..end, ..]);
        let (targets, weights) = (&targets[start..end], &weights[start..end]);
        let seen = Seen::all(&rows, targets, candidates, scale)?;
        loss += seen.loss(weights)?;
        let wanted = weighted_sums(targets, candidates, rows.dims());
        let of_rows = column(weights.to_vec(), &rows.device());
        gradients.push((seen.weighted.clone() / seen.total.clone() - wanted) * of_rows.clone());
        of_items.add(&rows, targets, &seen, of_rows, scale);
    }
    let factor = scale / n as f32;
    let gradient = Tensor::cat(gradients, 0) * factor;
    let item_gradient = items_too.then(|| Tensor::cat(of_items.sums, 0) * factor);
    Ok(LossValue { loss: loss / n as f64, gradient, item_gradient })
}

/// The candidates in blocks of at most so many.
fn cut(blocks: &[ItemBlock], longest: usize) -> Vec<ItemBlock> {
    let parts = |block: &ItemBlock| {
        let (first, tensor, rows) = (block.first, block.tensor.clone(), block.tensor.dims()[0]);
        (0..rows).step_by(longest.min(rows).max(1)).map(move |start| {
            let end = rows.min(start.saturating_add(longest));
            ItemBlock { first: first + start, tensor: tensor.clone().slice(s![start..end, ..]) }
        })
    };
    blocks.iter().flat_map(parts).collect()
}

/// What each of `n` queries has seen of a softmax over candidates.
struct Seen {
    /// The largest logit, `n × 1`.
    max: Tensor<2>,
    /// `Σⱼ exp(logitⱼ − max)`, `n × 1`.
    total: Tensor<2>,
    /// `Σⱼ exp(logitⱼ − max) dⱼ`, `n × d`.
    weighted: Tensor<2>,
    /// The logit of each target, with its query and weight.
    targets: Vec<TargetLogits>,
}

/// The logits of the targets in one block, as the pass computed them: a loss is then a difference of numbers that were
/// rounded alike, at any size of logits.
struct TargetLogits {
    pairs: Pairs,
    /// One to a row.
    logits: Tensor<2>,
}

impl Seen {
    fn all(
        queries: &Tensor<2>,
        targets: &[Vec<Target>],
        candidates: &[ItemBlock],
        scale: f32,
    ) -> Result<Self, Error> {
        let seen = candidates.iter().map(|block| Self::new(queries.clone(), targets, block, scale));
        Ok(seen.reduce(Self::join).ok_or(ess_core::Error::Empty { what: "candidates of a softmax" })?)
    }

    fn new(queries: Tensor<2>, targets: &[Vec<Target>], block: &ItemBlock, scale: f32) -> Self {
        let candidates = &block.tensor;
        let logits = queries.matmul(candidates.clone().transpose()) * scale;
        let targets = Pairs::of(targets, block)
            .map(|pairs| TargetLogits { logits: pairs.values_in(logits.clone()), pairs });
        let max = logits.clone().max_dim(1);
        let weights = (logits - max.clone()).exp();
        let total = weights.clone().sum_dim(1);
        Self {
            max,
            total,
            weighted: weights.matmul(candidates.clone()),
            targets: targets.into_iter().collect(),
        }
    }

    fn join(self, other: Self) -> Self {
        let max = self.max.clone().max_pair(other.max.clone());
        let (of_self, of_other) = ((self.max - max.clone()).exp(), (other.max - max.clone()).exp());
        Self {
            max,
            total: self.total * of_self.clone() + other.total * of_other.clone(),
            weighted: self.weighted * of_self + other.weighted * of_other,
            targets: self.targets.into_iter().chain(other.targets).collect(),
        }
    }

    /// The sum of the losses of these queries, each times its weight.
    fn loss(&self, weights: &[f32]) -> Result<f64, Error> {
        let totals = ess_search::embeddings_from_tensor(self.total.clone())?;
        let mut sum: f64 =
            totals.as_slice().iter().zip(weights).map(|(&t, &w)| f64::from(t).ln() * f64::from(w)).sum();
        for TargetLogits { pairs, logits } in &self.targets {
            let behind = self.max.clone().select(0, pairs.queries.clone()) - logits.clone();
            let behind = ess_search::embeddings_from_tensor(behind * pairs.weights.clone())?;
            let of_pairs = behind.as_slice().iter().zip(&pairs.rows);
            sum += of_pairs.map(|(&behind, &row)| f64::from(behind) * f64::from(weights[row])).sum::<f64>();
        }
        Ok(sum)
    }
}

/// For each candidate of each block, `Σᵢ pᵢⱼ zᵢ − Σᵢ wᵢⱼ zᵢ` over the queries so far.
struct OfItems<'a> {
    candidates: &'a [ItemBlock],
    sums: Vec<Tensor<2>>,
}

impl<'a> OfItems<'a> {
    fn new(candidates: &'a [ItemBlock]) -> Self {
        Self { candidates, sums: candidates.iter().map(|block| block.tensor.zeros_like()).collect() }
    }

    /// A second pass, since the shares need what was seen of all candidates in the first.
    fn add(
        &mut self,
        queries: &Tensor<2>,
        targets: &[Vec<Target>],
        seen: &Seen,
        weights: Tensor<2>,
        scale: f32,
    ) {
        let weighed = queries.clone() * weights;
        for (block, sum) in self.candidates.iter().zip(&mut self.sums) {
            let logits = queries.clone().matmul(block.tensor.clone().transpose()) * scale;
            let shares = (logits - seen.max.clone()).exp() / seen.total.clone();
            let mut added = sum.clone() + shares.transpose().matmul(weighed.clone());
            if let Some(pairs) = Pairs::of(targets, block) {
                let weighted = weighed.clone().select(0, pairs.queries) * -pairs.weights;
                added = added.select_assign(0, pairs.candidates, weighted, IndexingUpdateOp::Add);
            }
            *sum = added;
        }
    }
}

/// For each query, `Σⱼ wⱼ dⱼ` over its relevant candidates: `n × d`.
fn weighted_sums(targets: &[Vec<Target>], candidates: &[ItemBlock], shape: [usize; 2]) -> Tensor<2> {
    let mut sums = Tensor::zeros(shape, &candidates[0].tensor.device());
    for block in candidates {
        if let Some(pairs) = Pairs::of(targets, block) {
            let weighted = block.tensor.clone().select(0, pairs.candidates) * pairs.weights;
            sums = sums.select_assign(0, pairs.queries, weighted, IndexingUpdateOp::Add);
        }
    }
    sums
}

/// Every query with every target that it has in a block, as tensors.
struct Pairs {
    /// The query of each, on the host.
    rows: Vec<usize>,
    queries: Tensor<1, Int>,
    candidates: Tensor<1, Int>,
    weights: Tensor<2>,
}

impl Pairs {
    fn of(targets: &[Vec<Target>], block: &ItemBlock) -> Option<Self> {
        let (mut queries, mut candidates, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let rows = block.first..block.first + block.tensor.dims()[0];
        for (query, targets) in targets.iter().enumerate() {
            for target in targets.iter().filter(|target| rows.contains(&target.candidate)) {
                queries.push(query);
                candidates.push(target.candidate - block.first);
                weights.push(target.weight);
            }
        }
        let device = block.tensor.device();
        (!weights.is_empty()).then(|| Self {
            queries: rows_tensor(&queries, &device),
            candidates: rows_tensor(&candidates, &device),
            weights: column(weights, &device),
            rows: queries,
        })
    }

    /// What a matrix of queries by candidates has for each pair, one to a row.
    fn values_in(&self, matrix: Tensor<2>) -> Tensor<2> {
        let [rows, columns] = matrix.dims();
        let indices = self.queries.clone() * columns as i64 + self.candidates.clone();
        matrix.reshape([rows * columns]).select(0, indices).unsqueeze_dim(1)
    }
}

/// Numbers, one to a row.
fn column(values: Vec<f32>, device: &Device) -> Tensor<2> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count, 1]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_where_a_device_takes_no_longer_rows() {
        let tensor = Tensor::<2>::from_data([[1.0], [2.0], [3.0], [4.0], [5.0]], &Device::flex());
        let block = ItemBlock { first: 10, tensor };
        let cut_at = |longest: usize| -> Vec<(usize, usize)> {
            let blocks = cut(std::slice::from_ref(&block), longest);
            blocks.iter().map(|block| (block.first, block.tensor.dims()[0])).collect()
        };
        assert_eq!(cut_at(2), [(10, 2), (12, 2), (14, 1)]);
        assert_eq!(cut_at(usize::MAX), [(10, 5)]);
    }
}
