//! The softmax loss and its gradient in one pass over the items.

use ess_core::Embeddings;
use rayon::prelude::*;

use super::{
    Target,
    exp::{exp_shifted, max},
};
use crate::matmul::{Matrix, multiply_add};

/// Items at a time. With a block it keeps the block's sums and one tile of similarities near the core.
const TILE: usize = 256;

/// Queries that share a pass over the items: each product packs its tile of items anew, which more queries make up for;
/// but few enough to share the work between cores. Never a matter of how many cores there are.
fn block_of(queries: usize) -> usize {
    match queries {
        0..512 => 128,
        512..4096 => 256,
        _ => 512,
    }
}

/// What one pass over the candidates gives.
pub(super) struct Value {
    /// The mean loss.
    pub(super) loss: f64,
    /// Its gradient with respect to the queries, `n × d`.
    pub(super) gradient: Vec<f32>,
    /// For each query, `log Σⱼ exp(scale · ⟨z, dⱼ⟩)`.
    pub(super) log_sums: Vec<f32>,
}

/// The mean loss of the queries (`n × d`), and its gradient (`n × d`), against candidates (`m × d`).
///
/// Memory: `n × d`, and a tile of similarities for each thread. The blocks do not depend on the number of threads, so
/// neither does the result.
pub(super) fn softmax(
    queries: &Embeddings,
    targets: &[Vec<Target>],
    candidates: &Embeddings,
    scale: f32,
) -> Value {
    let (n, dim) = (queries.len(), queries.dim());
    let block = block_of(n);
    let mut gradient = vec![0.0; n * dim];
    let mut log_sums = vec![0.0; n];
    let losses: Vec<f64> = gradient
        .par_chunks_mut(block * dim)
        .zip(log_sums.par_chunks_mut(block))
        .enumerate()
        .map(|(at, (gradient, log_sums))| {
            let rows = at * block..at * block + gradient.len() / dim;
            let values = &queries.as_slice()[rows.start * dim..rows.end * dim];
            let mut block = Block::new(values, candidates, scale, gradient);
            block.pass_over_candidates();
            block.finish(&targets[rows], n, log_sums)
        })
        .collect();
    Value { loss: losses.iter().sum::<f64>() / n as f64, gradient, log_sums }
}

/// The gradient of the mean loss with respect to the candidates (`m × d`): `scale / n · (Σᵢ pᵢⱼ zᵢ − Σᵢ wᵢⱼ zᵢ)`.
///
/// A second pass, tile by tile of candidates, since the shares need the sums of the first.
pub(super) fn item_gradient(
    queries: &Embeddings,
    targets: &[Vec<Target>],
    candidates: &Embeddings,
    scale: f32,
    log_sums: &[f32],
) -> Vec<f32> {
    let dim = queries.dim();
    let block = block_of(queries.len());
    let factor = scale / queries.len() as f32;
    let mut gradient = vec![0.0; candidates.len() * dim];
    gradient.par_chunks_mut(TILE * dim).zip(candidates.as_slice().par_chunks(TILE * dim)).for_each(
        |(gradient, items)| {
            let tile = items.len() / dim;
            let mut shares = vec![0.0; block * tile];
            let items = Matrix::new(items, tile, dim);
            for (queries, log_sums) in queries.as_slice().chunks(block * dim).zip(log_sums.chunks(block)) {
                let shares = &mut shares[..log_sums.len() * tile];
                let queries = Matrix::new(queries, log_sums.len(), dim);
                multiply_add(shares, 0.0, queries, items.transposed(), scale);
                pulp::Arch::new().dispatch(|| {
                    for (shares, &log_sum) in shares.chunks_exact_mut(tile).zip(log_sums) {
                        exp_shifted(shares, log_sum);
                    }
                });
                let shares = Matrix::new(shares, log_sums.len(), tile).transposed();
                multiply_add(gradient, 1.0, shares, queries, factor);
            }
        },
    );
    for (query, targets) in queries.rows().zip(targets) {
        for target in targets {
            let weight = factor * target.weight;
            let gradient = &mut gradient[target.candidate * dim..][..dim];
            gradient.iter_mut().zip(query).for_each(|(sum, &z)| *sum -= weight * z);
        }
    }
    gradient
}

/// Some queries on their way over the candidates.
struct Block<'a> {
    queries: &'a [f32],
    candidates: &'a Embeddings,
    scale: f32,
    dim: usize,
    /// For each query, `Σ exp(sⱼ − max) dⱼ` so far; in the end, the gradient.
    sums: &'a mut [f32],
    /// For each query, the largest similarity so far.
    max: Vec<f32>,
    /// For each query, `Σ exp(sⱼ − max)` so far.
    total: Vec<f32>,
}

impl<'a> Block<'a> {
    fn new(queries: &'a [f32], candidates: &'a Embeddings, scale: f32, sums: &'a mut [f32]) -> Self {
        let dim = candidates.dim();
        let rows = queries.len() / dim;
        let (max, total) = (vec![f32::NEG_INFINITY; rows], vec![0.0; rows]);
        Self { queries, candidates, scale, dim, sums, max, total }
    }

    fn pass_over_candidates(&mut self) {
        let rows = self.max.len();
        let mut similarities = vec![0.0; rows * TILE];
        for items in self.candidates.as_slice().chunks(TILE * self.dim) {
            let tile = items.len() / self.dim;
            let similarities = &mut similarities[..rows * tile];
            let items = Matrix::new(items, tile, self.dim);
            let queries = Matrix::new(self.queries, rows, self.dim);
            multiply_add(similarities, 0.0, queries, items.transposed(), self.scale);
            pulp::Arch::new().dispatch(|| self.weigh(similarities));
            multiply_add(self.sums, 1.0, Matrix::new(similarities, rows, tile), items, 1.0);
        }
    }

    /// Turns a tile of similarities into weights, and brings what was summed before to the new maxima.
    #[inline(always)]
    fn weigh(&mut self, similarities: &mut [f32]) {
        let rows = self.max.len();
        let tile = similarities.len() / rows;
        for (row, similarities) in similarities.chunks_exact_mut(tile).enumerate() {
            let largest = max(similarities);
            if largest > self.max[row] {
                let shrink = (self.max[row] - largest).exp();
                self.max[row] = largest;
                self.total[row] *= shrink;
                self.sums[row * self.dim..][..self.dim].iter_mut().for_each(|sum| *sum *= shrink);
            }
            self.total[row] += exp_shifted(similarities, self.max[row]);
        }
    }

    /// Turns the sums into the gradient of the mean over `n` queries; returns the sum of the block's losses.
    fn finish(self, targets: &[Vec<Target>], n: usize, log_sums: &mut [f32]) -> f64 {
        let mut loss = 0.0;
        let factor = self.scale / n as f32;
        for (row, targets) in targets.iter().enumerate() {
            let span = row * self.dim..(row + 1) * self.dim;
            let query = &self.queries[span.clone()];
            let gradient = &mut self.sums[span];
            gradient.iter_mut().for_each(|sum| *sum *= factor / self.total[row]);
            let log_sum = f64::from(self.max[row]) + f64::from(self.total[row]).ln();
            log_sums[row] = log_sum as f32;
            loss += log_sum;
            for target in targets {
                let item = self.candidates.row(target.candidate);
                let dot: f64 = query.iter().zip(item).map(|(&q, &d)| f64::from(q) * f64::from(d)).sum();
                loss -= f64::from(target.weight) * f64::from(self.scale) * dot;
                let weight = factor * target.weight;
                gradient.iter_mut().zip(item).for_each(|(sum, &d)| *sum -= weight * d);
            }
        }
        loss
    }
}
