//! List losses of queries that are rows of a scoring, on the host for every device.

use burn::tensor::{Tensor, TensorData};
use ess_core::{Embeddings, Scoring};
use ess_linalg::kernels::{Matrix, multiply_add};
use ess_search::embeddings_from_tensor;
use rayon::prelude::*;

use super::{
    list::{List, Relevant},
    lists_of_batch::Lists,
    sums::Sums,
    weighed::Weighed,
};
use crate::{data::items::Items, error::Error, loss::rows_at_once::rows_at_once};

/// The maximum number of products of vectors and items that a block has in memory at once: 4 Mi numbers, 16 megabytes.
const MAX_PRODUCTS: usize = 1 << 22;
/// The maximum number of queries of a block.
const BLOCK: usize = 64;

/// Memory: `n × width`, and for each thread a block of products and of similarities. Blocks do not depend on the number of threads, so
/// neither does the result.
pub(super) fn evaluate(
    loss: &Weighed<'_>,
    queries: Tensor<2>,
    lists: &Lists,
    items: &Items<'_>,
    scoring: &dyn Scoring,
    items_too: bool,
) -> Result<Sums, Error> {
    if items_too {
        return Err(Error::Scored { what: "training of items" });
    }
    let (device, [n, width]) = (queries.device(), queries.dims());
    let queries = embeddings_from_tensor(queries)?;
    let items = items.embeddings();
    ess_core::Error::check_dim("rows of queries that are scored", scoring.width(items.dim()), width)?;
    let (loss, gradient) = match lists {
        Lists::Own(_) => over_blocks(loss, &queries, lists, items, scoring, 1),
        Lists::Shared { rows, .. } => {
            let chosen = rows.as_ref().map(|rows| items.select(rows)).transpose()?;
            let items = chosen.as_ref().unwrap_or(items);
            let block = rows_at_once(MAX_PRODUCTS, items.len() * scoring.vectors(), BLOCK);
            over_blocks(loss, &queries, lists, items, scoring, block)
        }
    };
    let gradient = Tensor::from_data(TensorData::new(gradient, [n, width]), &device);
    Ok(Sums { loss, gradient, item_gradient: None })
}

/// The sum of the losses, and its gradient.
fn over_blocks(
    loss: &Weighed<'_>,
    queries: &Embeddings,
    lists: &Lists,
    items: &Embeddings,
    scoring: &dyn Scoring,
    block: usize,
) -> (f64, Vec<f32>) {
    let (width, none): (usize, &[f32]) = (queries.dim(), &[]);
    let mut gradient = vec![0.0; queries.len() * width];
    let of_block = |at: usize, gradient: &mut [f32], rows: &[f32]| {
        let first = at * block;
        let block = Block::new(scoring, rows, width, items.dim());
        match lists {
            Lists::Shared { relevant, .. } => {
                let list_of = |row: usize| (&relevant[first + row][..], none);
                block.evaluate(loss, first, items.as_slice(), list_of, gradient)
            }
            Lists::Own(lists) => {
                let own = &lists[first];
                let chosen: Vec<f32> = own.items.iter().flat_map(|&item| items.row(item)).copied().collect();
                let list_of = |_| (&own.relevant[..], &own.teacher[..]);
                block.evaluate(loss, first, &chosen, list_of, gradient)
            }
        }
    };
    let losses: Vec<f64> = gradient
        .par_chunks_mut(block * width)
        .zip(queries.as_slice().par_chunks(block * width))
        .enumerate()
        .map(|(at, (gradient, rows))| of_block(at, gradient, rows))
        .collect();
    (losses.iter().sum(), gradient)
}

/// Some queries that share their candidates.
struct Block<'a> {
    scoring: &'a dyn Scoring,
    /// How many queries there are.
    count: usize,
    /// The vectors of all, `count · r × d_item`.
    vectors: Vec<f32>,
    /// The values of all, `count × e`.
    values: Vec<f32>,
    dim: usize,
}

impl<'a> Block<'a> {
    fn new(scoring: &'a dyn Scoring, rows: &[f32], width: usize, dim: usize) -> Self {
        let split = scoring.vectors() * dim;
        let part = |of: fn(&[f32], usize) -> &[f32]| -> Vec<f32> {
            rows.chunks_exact(width).flat_map(|row| of(row, split)).copied().collect()
        };
        let (vectors, values) = (part(|row, at| &row[..at]), part(|row, at| &row[at..]));
        Self { scoring, count: rows.len() / width, vectors, values, dim }
    }

    /// The products of all vectors with some items, `count · r × k`.
    fn products(&self, items: &[f32]) -> Vec<f32> {
        let (rows, k) = (self.vectors.len() / self.dim, items.len() / self.dim);
        let mut products = vec![0.0; rows * k];
        let vectors = Matrix::new(&self.vectors, rows, self.dim);
        multiply_add(&mut products, 0.0, vectors, Matrix::new(items, k, self.dim).transposed(), 1.0);
        products
    }

    fn values_of(&self, query: usize) -> &[f32] {
        let e = self.scoring.values();
        &self.values[query * e..][..e]
    }

    /// The sum of the losses of the block's lists over these candidates (`k × d_item`); writes the gradient (`count × width`).
    ///
    /// Products are made tile by tile of candidates, and again for the gradient where there is more than one tile.
    fn evaluate<'l>(
        &self,
        loss: &Weighed<'_>,
        first: usize,
        items: &[f32],
        list_of: impl Fn(usize) -> (&'l [Relevant], &'l [f32]),
        gradient: &mut [f32],
    ) -> f64 {
        let k = items.len() / self.dim;
        if k == 0 {
            return 0.0;
        }
        let tile = rows_at_once(MAX_PRODUCTS, self.vectors.len() / self.dim, k);
        let tiles = || items.chunks(tile * self.dim).enumerate().map(move |(at, items)| (at * tile, items));
        let mut similarities = vec![0.0; self.count * k];
        let mut kept = None;
        for (start, items) in tiles() {
            let products = self.products(items);
            self.write_scores(&products, &mut similarities, start, k);
            kept = (tile == k).then_some(products);
        }
        let mut slopes = vec![0.0; self.count * k];
        let mut sum = 0.0;
        for (row, (similarities, slopes)) in similarities.chunks(k).zip(slopes.chunks_mut(k)).enumerate() {
            let (relevant, teacher) = list_of(row);
            sum += loss.of_list(first + row, &List { similarities, relevant, teacher }, slopes);
        }
        for (start, items) in tiles() {
            let products = kept.take().unwrap_or_else(|| self.products(items));
            self.add_gradient(products, items, &slopes, start, gradient);
        }
        sum
    }

    /// Writes the scores of a tile that starts at this candidate of `k`.
    fn write_scores(&self, products: &[f32], similarities: &mut [f32], start: usize, k: usize) {
        let width = products.len() / self.count;
        let tile = width / self.scoring.vectors();
        for (query, products) in products.chunks_exact(width).enumerate() {
            let scores = &mut similarities[query * k + start..][..tile];
            self.scoring.scores(products, self.values_of(query), scores);
        }
    }

    /// Adds what a tile that starts at this candidate gives to the gradient.
    fn add_gradient(
        &self,
        mut products: Vec<f32>,
        items: &[f32],
        slopes: &[f32],
        start: usize,
        gradient: &mut [f32],
    ) {
        let (tile, k) = (items.len() / self.dim, slopes.len() / self.count);
        let (r, width) = (self.scoring.vectors(), gradient.len() / self.count);
        let items = Matrix::new(items, tile, self.dim);
        let rows = products.chunks_exact_mut(r * tile).zip(gradient.chunks_exact_mut(width));
        for (query, (products, gradient)) in rows.enumerate() {
            let (of_vectors, of_values) = gradient.split_at_mut(r * self.dim);
            let slopes = &slopes[query * k + start..][..tile];
            self.scoring.slopes(products, self.values_of(query), slopes, of_values);
            multiply_add(of_vectors, 1.0, Matrix::new(products, r, tile), items, 1.0);
        }
    }
}
