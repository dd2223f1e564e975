//! The softmax loss and its gradient in one pass over the items.

use ess_core::Embeddings;
use ess_linalg::kernels::{Matrix, exp_shifted, max, multiply_add};
use rayon::prelude::*;

use super::{
    products::{ItemTile, Products, Scratch},
    target::Target,
};
use crate::data::laid_out::{LaidOutItems, TILE};

/// Queries that share a pass over the items: each product packs or reads its tile of items anew, which more queries make up for;
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
    /// What each query has seen.
    pub(super) seen: Vec<Seen>,
}

/// What a query's softmax over the candidates is made of: the share of a logit `s` is `exp(s − max) / total`.
///
/// Kept apart, since their logarithm together loses `total` where logits are large: beside 3·10⁸ an f32 has no room for
/// the logarithm of 8.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The largest logit.
    max: f32,
    /// `Σⱼ exp(sⱼ − max)`.
    total: f32,
}

/// The mean loss of the queries (`n × d`), each times its weight, and its gradient (`n × d`), against candidates (`m × d`).
///
/// `laid_out` are the same candidates, where they are kept so: products with many queries then read them there.
///
/// Memory: `n × d`, and a tile of similarities for each thread. The blocks do not depend on the number of threads, so
/// neither does the result.
pub(super) fn softmax(
    queries: &Embeddings,
    targets: &[Vec<Target>],
    weights: &[f32],
    candidates: &Embeddings,
    laid_out: Option<&LaidOutItems>,
    scale: f32,
) -> Value {
    let (n, dim) = (queries.len(), queries.dim());
    let block = block_of(n);
    let mut gradient = vec![0.0; n * dim];
    let mut seen = vec![Seen { max: f32::NEG_INFINITY, total: 0.0 }; n];
    let losses: Vec<f64> = gradient
        .par_chunks_mut(block * dim)
        .zip(seen.par_chunks_mut(block))
        .enumerate()
        .map(|(at, (gradient, seen))| {
            let rows = at * block..at * block + seen.len();
            let values = &queries.as_slice()[rows.start * dim..rows.end * dim];
            let targets = &targets[rows.clone()];
            let products = Products::new(values, dim, scale, laid_out);
            let mut block = Block { products, candidates, scale, dim, sums: gradient, seen };
            let gaps = block.pass_over_candidates(targets);
            block.finish(targets, &weights[rows], n, &gaps)
        })
        .collect();
    Value { loss: losses.iter().sum::<f64>() / n as f64, gradient, seen }
}

/// The gradient of the mean loss with respect to the candidates (`m × d`): `scale / n · (Σᵢ pᵢⱼ zᵢ − Σᵢ wᵢⱼ zᵢ)`, each query
/// times its weight.
///
/// A second pass, tile by tile of candidates, since the shares need the sums of the first. Its products are those of the first,
/// if that had nothing laid out, so no logit is above the maximum that was seen.
pub(super) fn item_gradient(
    queries: &Embeddings,
    targets: &[Vec<Target>],
    weights: &[f32],
    candidates: &Embeddings,
    scale: f32,
    seen: &[Seen],
) -> Vec<f32> {
    let dim = queries.dim();
    let block = block_of(queries.len());
    let factor = scale / queries.len() as f32;
    let mut gradient = vec![0.0; candidates.len() * dim];
    let blocks = queries.as_slice().chunks(block * dim);
    let products = Vec::from_iter(blocks.map(|queries| Products::new(queries, dim, scale, None)));
    let tiles = candidates.as_slice().par_chunks(TILE * dim).enumerate();
    gradient.par_chunks_mut(TILE * dim).zip(tiles).for_each_init(
        Scratch::default,
        |scratch, (gradient, (at, items))| {
            let (tile, items) = (items.len() / dim, ItemTile { at, items });
            let mut shares = vec![0.0; block * tile];
            let blocks = queries.as_slice().chunks(block * dim).zip(seen.chunks(block));
            for (((queries, seen), weights), products) in blocks.zip(weights.chunks(block)).zip(&products) {
                let shares = &mut shares[..seen.len() * tile];
                products.similarities(shares, items, scratch);
                let queries = Matrix::new(queries, seen.len(), dim);
                weighted_shares(shares, seen, weights);
                let shares = Matrix::new(shares, seen.len(), tile).transposed();
                multiply_add(gradient, 1.0, shares, queries, factor);
            }
        },
    );
    for ((query, targets), &of_query) in queries.rows().zip(targets).zip(weights) {
        for target in targets {
            let weight = factor * of_query * target.weight;
            let gradient = &mut gradient[target.candidate * dim..][..dim];
            gradient.iter_mut().zip(query).for_each(|(sum, &z)| *sum -= weight * z);
        }
    }
    gradient
}

/// Turns the logits of a tile (`seen × tile`) into the shares of its candidates, each query's times its weight.
fn weighted_shares(logits: &mut [f32], seen: &[Seen], weights: &[f32]) {
    let tile = logits.len() / seen.len();
    pulp::Arch::new().dispatch(|| {
        for ((shares, seen), &weight) in logits.chunks_exact_mut(tile).zip(seen).zip(weights) {
            exp_shifted(shares, seen.max);
            let factor = weight / seen.total;
            shares.iter_mut().for_each(|share| *share *= factor);
        }
    });
}

/// Some queries on their way over the candidates.
struct Block<'a> {
    products: Products<'a>,
    candidates: &'a Embeddings,
    scale: f32,
    dim: usize,
    /// For each query, `Σ exp(sⱼ − max) dⱼ` so far; in the end, the gradient.
    sums: &'a mut [f32],
    /// For each query, what it has seen so far.
    seen: &'a mut [Seen],
}

/// The logit of one target of one query, as the pass computed it.
struct TargetLogit {
    candidate: usize,
    row: usize,
    weight: f32,
    logit: f32,
}

impl Block<'_> {
    /// Returns the logits of all targets. Taken from the products themselves, for a loss to be a difference of numbers that
    /// were rounded alike, at any size of logits.
    fn pass_over_candidates(&mut self, targets: &[Vec<Target>]) -> Vec<TargetLogit> {
        let rows = self.seen.len();
        let mut wanted = by_candidate(targets);
        let mut next = 0;
        let (mut similarities, mut scratch) = (vec![0.0; rows * TILE], Scratch::default());
        for (at, items) in self.candidates.as_slice().chunks(TILE * self.dim).enumerate() {
            let tile = items.len() / self.dim;
            let similarities = &mut similarities[..rows * tile];
            let items = ItemTile { at, items };
            self.products.similarities(similarities, items, &mut scratch);
            while let Some(target) = wanted.get_mut(next).filter(|t| t.candidate < at * TILE + tile) {
                target.logit = similarities[target.row * tile + target.candidate - at * TILE];
                next += 1;
            }
            pulp::Arch::new().dispatch(|| self.weigh(similarities));
            self.products.add_items(self.sums, similarities, items, &mut scratch);
        }
        wanted
    }

    /// Turns a tile of similarities into weights, and brings what was summed before to the new maxima.
    #[inline(always)]
    fn weigh(&mut self, similarities: &mut [f32]) {
        let tile = similarities.len() / self.seen.len();
        for (row, similarities) in similarities.chunks_exact_mut(tile).enumerate() {
            let largest = max(similarities);
            let seen = &mut self.seen[row];
            if largest > seen.max {
                let shrink = (seen.max - largest).exp();
                seen.max = largest;
                seen.total *= shrink;
                self.sums[row * self.dim..][..self.dim].iter_mut().for_each(|sum| *sum *= shrink);
            }
            seen.total += exp_shifted(similarities, seen.max);
        }
    }

    /// Turns the sums into the gradient of the mean over `n` queries; returns the sum of the block's losses.
    fn finish(self, targets: &[Vec<Target>], weights: &[f32], n: usize, logits: &[TargetLogit]) -> f64 {
        let mut losses: Vec<f64> = self.seen.iter().map(|seen| f64::from(seen.total).ln()).collect();
        for target in logits {
            let behind = f64::from(self.seen[target.row].max) - f64::from(target.logit);
            losses[target.row] += f64::from(target.weight) * behind;
        }
        for (row, (targets, &weight)) in targets.iter().zip(weights).enumerate() {
            let factor = self.scale / n as f32 * weight;
            let gradient = &mut self.sums[row * self.dim..][..self.dim];
            let shrink = factor / self.seen[row].total;
            gradient.iter_mut().for_each(|sum| *sum *= shrink);
            for target in targets {
                let item = self.candidates.row(target.candidate);
                let weight = factor * target.weight;
                gradient.iter_mut().zip(item).for_each(|(sum, &d)| *sum -= weight * d);
            }
        }
        losses.iter().zip(weights).map(|(loss, &weight)| loss * f64::from(weight)).sum()
    }
}

/// The targets of some queries in the order of their candidates; no logit is known yet.
fn by_candidate(targets: &[Vec<Target>]) -> Vec<TargetLogit> {
    let of_row = |(row, targets): (usize, &Vec<Target>)| {
        let logit =
            |&Target { candidate, weight }: &Target| TargetLogit { candidate, row, weight, logit: 0.0 };
        targets.iter().map(logit).collect::<Vec<_>>()
    };
    let mut all: Vec<TargetLogit> = targets.iter().enumerate().flat_map(of_row).collect();
    all.sort_by_key(|target| (target.candidate, target.row));
    all
}
