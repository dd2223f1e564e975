//! Softmax over all entities, with its gradients, in two passes over tiles of entities.
//!
//! The logits of a block of queries are kept from the first pass to the second, so that no product is made twice: at most 64 MiB,
//! or 64 rows. The second pass also holds a gradient of the block's queries for each tile: `d / 1024` times the logits.

use ess_linalg::kernels::{exp_shifted, max};
use rayon::prelude::*;

use super::{
    precision::Precision,
    products::{Products, Scratch},
};
use crate::{graph::known::Tail, rows::Rows};

/// Entities at a time; the unit in which threads share the work.
const TILE: usize = 1024;
/// Logits that are kept at a time, unless a block of [`MIN_BLOCK`] queries has more.
const LOGITS: usize = 1 << 24;
const MIN_BLOCK: usize = 64;

/// What a query is to find.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// What the query counts.
    pub(super) weight: f32,
    /// Its tails, which share the weight by their counts.
    pub(super) tails: &'a [Tail],
    /// How often they stand in all.
    pub(super) count: f32,
}

/// A tail of a query in a tile: the query's row, the entity's column, the share of the target.
struct Wanted {
    row: usize,
    column: usize,
    share: f32,
}

/// What the first pass finds in a tile.
struct Seen {
    max: Vec<f32>,
    total: Vec<f32>,
    loss: f64,
}

/// The sum of the queries' losses, each times its weight, over `total`. Adds the gradients: with respect to the queries (`n × d`)
/// and, unless they are frozen, the items (`m × d`). `logits` is room from one step to the next, whatever is in it: of many entities
/// the system would give and take it anew with each.
#[allow(clippy::too_many_arguments, reason = "what a step has, each by its name")]
pub(super) fn softmax(
    precision: Precision,
    logits: &mut Vec<f32>,
    queries: &[f32],
    targets: &[Target<'_>],
    items: &Rows,
    total: f32,
    gradient: &mut [f32],
    mut of_items: Option<&mut [f32]>,
) -> f64 {
    let dim = items.dim();
    let block = (LOGITS / items.len()).clamp(MIN_BLOCK, 1024);
    logits.resize(block.min(targets.len()) * items.len(), 0.0);
    let blocks = queries.chunks(block * dim).zip(targets.chunks(block)).zip(gradient.chunks_mut(block * dim));
    let losses = blocks.map(|((queries, targets), gradient)| {
        let rows = targets.len();
        let logits = &mut logits[..rows * items.len()];
        let wanted = by_tile(targets, items.len());
        let products = Products::new(queries, dim, precision);
        let seen = first_pass(&products, &wanted, items, logits);
        let (loss, factors) = shares(&seen, targets, total);
        second_pass(&products, &wanted, items, logits, &factors, total, gradient, of_items.as_deref_mut());
        loss
    });
    losses.sum::<f64>() / f64::from(total)
}

/// The tails of a block's queries, by tile of entities.
fn by_tile(targets: &[Target<'_>], items: usize) -> Vec<Vec<Wanted>> {
    let mut tiles: Vec<Vec<Wanted>> = Vec::new();
    tiles.resize_with(items.div_ceil(TILE), Vec::new);
    for (row, target) in targets.iter().enumerate() {
        for tail in target.tails {
            let (entity, share) = (tail.entity as usize, target.weight * tail.count as f32 / target.count);
            tiles[entity / TILE].push(Wanted { row, column: entity % TILE, share });
        }
    }
    tiles
}

/// Fills in the logits, tile after tile, as exponentials that the largest of a row in its tile is taken from.
fn first_pass(
    products: &Products<'_>,
    wanted: &[Vec<Wanted>],
    items: &Rows,
    logits: &mut [f32],
) -> Vec<Seen> {
    let (dim, rows) = (items.dim(), logits.len() / items.len());
    let tiles = logits.par_chunks_mut(rows * TILE).zip(items.as_slice().par_chunks(TILE * dim)).zip(wanted);
    tiles
        .map_init(Scratch::default, |scratch, ((logits, items), wanted)| {
            let tile = items.len() / dim;
            products.logits(logits, items, scratch);
            let of = |wanted: &Wanted| f64::from(logits[wanted.row * tile + wanted.column]);
            let loss = wanted.iter().map(|wanted| -f64::from(wanted.share) * of(wanted)).sum();
            let mut seen = Seen { max: vec![0.0; rows], total: vec![0.0; rows], loss };
            pulp::Arch::new().dispatch(|| {
                for (row, logits) in logits.chunks_exact_mut(tile).enumerate() {
                    seen.max[row] = max(logits);
                    seen.total[row] = exp_shifted(logits, seen.max[row]);
                }
            });
            seen
        })
        .collect()
}

/// The sum of the losses, and for each tile and row what turns its exponentials into weighted shares over `total`.
fn shares(seen: &[Seen], targets: &[Target<'_>], total: f32) -> (f64, Vec<Vec<f32>>) {
    let mut loss: f64 = seen.iter().map(|seen| seen.loss).sum();
    let mut factors = vec![vec![0.0; targets.len()]; seen.len()];
    for (row, target) in targets.iter().enumerate() {
        let largest = seen.iter().map(|seen| seen.max[row]).fold(f32::NEG_INFINITY, f32::max);
        let shrunk = |seen: &Seen| f64::from(seen.max[row] - largest).exp();
        let sum: f64 = seen.iter().map(|seen| shrunk(seen) * f64::from(seen.total[row])).sum();
        loss += f64::from(target.weight) * (f64::from(largest) + sum.ln());
        for (factors, seen) in factors.iter_mut().zip(seen) {
            factors[row] = (f64::from(target.weight) * shrunk(seen) / sum / f64::from(total)) as f32;
        }
    }
    (loss, factors)
}

/// Turns the exponentials into the gradient with respect to the logits, and that into those with respect to queries and items.
#[allow(clippy::too_many_arguments, reason = "what a block has, each by its name")]
fn second_pass(
    products: &Products<'_>,
    wanted: &[Vec<Wanted>],
    items: &Rows,
    logits: &mut [f32],
    factors: &[Vec<f32>],
    total: f32,
    gradient: &mut [f32],
    of_items: Option<&mut [f32]>,
) {
    let (dim, rows) = (items.dim(), logits.len() / items.len());
    let of_items: Vec<Option<&mut [f32]>> = match of_items {
        Some(of_items) => of_items.chunks_mut(TILE * dim).map(Some).collect(),
        None => wanted.iter().map(|_| None).collect(),
    };
    let tiles = logits.par_chunks_mut(rows * TILE).zip(items.as_slice().par_chunks(TILE * dim));
    let tiles = tiles.zip(wanted).zip(factors).zip(of_items);
    let parts: Vec<(Vec<f32>, usize)> = tiles
        .map_init(Scratch::default, |scratch, ((((logits, items), wanted), factors), of_items)| {
            let tile = items.len() / dim;
            pulp::Arch::new().dispatch(|| {
                for (logits, factor) in logits.chunks_exact_mut(tile).zip(factors) {
                    logits.iter_mut().for_each(|share| *share *= factor);
                }
            });
            for wanted in wanted {
                logits[wanted.row * tile + wanted.column] -= wanted.share / total;
            }
            if let Some(of_items) = of_items {
                products.add_queries(of_items, logits, scratch);
            }
            products.of_queries(logits, items, scratch)
        })
        .collect();
    for (part, stride) in parts {
        for (sums, part) in gradient.chunks_exact_mut(dim).zip(part.chunks_exact(stride)) {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
}
