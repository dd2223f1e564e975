//! The softmax loss in tensor operations, for any device.

use burn::tensor::{Int, Tensor, TensorData, s};

use super::{LossValue, Target};
use crate::Error;

/// The most similarities that exist at once: 64 Mi numbers, a quarter of a gigabyte.
const MAX_SIMILARITIES: usize = 1 << 26;

/// As `fused::softmax`, in chunks of queries that keep the similarities within bounds.
pub(super) fn softmax(
    queries: Tensor<2>,
    targets: &[Vec<Target>],
    candidates: &Tensor<2>,
    scale: f32,
) -> Result<LossValue, Error> {
    let ([n, _], [m, _]) = (queries.dims(), candidates.dims());
    let chunk = (MAX_SIMILARITIES / m).clamp(1, n);
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
    candidates: &Tensor<2>,
    scale: f32,
) -> Result<(f64, Tensor<2>), Error> {
    let similarities = queries.clone().matmul(candidates.clone().transpose()) * scale;
    let max = similarities.clone().max_dim(1);
    let weights = (similarities - max.clone()).exp();
    let total = weights.clone().sum_dim(1);
    let expected = weights.matmul(candidates.clone()) / total.clone();
    let wanted = weighted_sums(targets, candidates);
    let of_targets = (queries * wanted.clone()).sum_dim(1) * scale;
    let losses = ess_search::embeddings_from_tensor(max + total.log() - of_targets)?;
    Ok((losses.as_slice().iter().map(|&loss| f64::from(loss)).sum(), expected - wanted))
}

/// For each query, `Σⱼ wⱼ dⱼ` over its relevant candidates.
fn weighted_sums(targets: &[Vec<Target>], candidates: &Tensor<2>) -> Tensor<2> {
    let device = candidates.device();
    let [_, dim] = candidates.dims();
    let of_query = |(query, targets): (usize, &Vec<Target>)| vec![query as i64; targets.len()];
    let owners: Vec<i64> = targets.iter().enumerate().flat_map(of_query).collect();
    let chosen: Vec<i64> = targets.iter().flatten().map(|target| target.candidate as i64).collect();
    let weights: Vec<f32> = targets.iter().flatten().map(|target| target.weight).collect();
    let count = owners.len();
    let owners = Tensor::<1, Int>::from_data(TensorData::new(owners, [count]), &device);
    let chosen = Tensor::<1, Int>::from_data(TensorData::new(chosen, [count]), &device);
    let weights = Tensor::<2>::from_data(TensorData::new(weights, [count, 1]), &device);
    let weighted = candidates.clone().select(0, chosen) * weights;
    Tensor::zeros([targets.len(), dim], &device).select_assign(
        0,
        owners,
        weighted,
        burn::tensor::IndexingUpdateOp::Add,
    )
}
