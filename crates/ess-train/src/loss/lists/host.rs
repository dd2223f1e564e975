//! List losses on the CPU.

use burn::tensor::{Tensor, TensorData};
use ess_core::Embeddings;
use ess_linalg::kernels::{Matrix, dot, multiply_add};
use ess_search::embeddings_from_tensor;
use rayon::prelude::*;

use super::{
    list::{List, Relevant},
    lists_of_batch::{Lists, OwnList},
    sums::Sums,
    weighed::Weighed,
};
use crate::{data::items::Items, error::Error, loss::rows_at_once::rows_at_once};

/// The maximum number of queries that share a product with shared candidates.
const BLOCK: usize = 128;
/// The maximum number of similarities of a block at once: 4 Mi numbers, 16 megabytes.
const MAX_SIMILARITIES: usize = 1 << 22;
/// Items whose gradients are summed together.
const TILE: usize = 512;

/// Memory: `n × d`, two blocks of similarities for each thread, and `m × d` where the items' gradient is wanted.
/// Blocks and the order of sums do not depend on the number of threads, so neither does the result.
pub(super) fn evaluate(
    loss: &Weighed<'_>,
    queries: Tensor<2>,
    lists: &Lists,
    items: &Items<'_>,
    items_too: bool,
) -> Result<Sums, Error> {
    let (device, [n, dim]) = (queries.device(), queries.dims());
    let queries = embeddings_from_tensor(queries)?;
    let m = items.embeddings().len();
    let (loss, gradient, item_gradient) = match lists {
        Lists::Own(lists) => own(loss, &queries, lists, items.embeddings(), items_too),
        Lists::Shared { rows: None, relevant } => {
            shared(loss, &queries, relevant, items.embeddings(), items_too)
        }
        Lists::Shared { rows: Some(rows), relevant } => {
            let chosen = items.embeddings().select(rows)?;
            let (loss, gradient, of_chosen) = shared(loss, &queries, relevant, &chosen, items_too);
            (loss, gradient, of_chosen.map(|values| scatter(&values, rows, m, dim)))
        }
    };
    let tensor = |values, rows| Tensor::from_data(TensorData::new(values, [rows, dim]), &device);
    Ok(Sums {
        loss,
        gradient: tensor(gradient, n),
        item_gradient: item_gradient.map(|values| tensor(values, m)),
    })
}

type Values = (f64, Vec<f32>, Option<Vec<f32>>);

/// Rows of gradients (`rows × d`) at their indices among `m`.
fn scatter(values: &[f32], rows: &[usize], m: usize, dim: usize) -> Vec<f32> {
    let mut all = vec![0.0; m * dim];
    for (&row, values) in rows.iter().zip(values.chunks_exact(dim)) {
        all[row * dim..][..dim].copy_from_slice(values);
    }
    all
}

/// Candidates that are the same for all queries.
fn shared(
    loss: &Weighed<'_>,
    queries: &Embeddings,
    relevant: &[Vec<Relevant>],
    candidates: &Embeddings,
    items_too: bool,
) -> Values {
    let (dim, k) = (queries.dim(), candidates.len());
    let rows = rows_at_once(MAX_SIMILARITIES, k, BLOCK);
    let mut gradient = vec![0.0; queries.len() * dim];
    let block_of = |at: usize, gradient: &mut [f32]| {
        let span = at * rows..at * rows + gradient.len() / dim;
        let queries = &queries.as_slice()[span.start * dim..span.end * dim];
        of_block(loss, span.start, queries, &relevant[span], candidates, gradient)
    };
    if !items_too {
        let losses: Vec<f64> = gradient
            .par_chunks_mut(rows * dim)
            .enumerate()
            .map(|(at, gradient)| block_of(at, gradient).0)
            .collect();
        return (losses.iter().sum(), gradient, None);
    }
    let mut item_gradient = vec![0.0; k * dim];
    let mut sum = 0.0;
    for (at, (gradient, queries)) in
        gradient.chunks_mut(rows * dim).zip(queries.as_slice().chunks(rows * dim)).enumerate()
    {
        let (of_block, slopes) = block_of(at, gradient);
        sum += of_block;
        let count = queries.len() / dim;
        item_gradient.par_chunks_mut(TILE * dim).enumerate().for_each(|(tile, gradient)| {
            let columns = tile * TILE..tile * TILE + gradient.len() / dim;
            let slopes = Matrix::new(&slopes, count, k).columns(columns).transposed();
            multiply_add(gradient, 1.0, slopes, Matrix::new(queries, count, dim), 1.0);
        });
    }
    (sum, gradient, Some(item_gradient))
}

/// The sum of a block's losses, with its slopes; writes the gradient. `first` is the block's first query.
fn of_block(
    loss: &Weighed<'_>,
    first: usize,
    queries: &[f32],
    relevant: &[Vec<Relevant>],
    candidates: &Embeddings,
    gradient: &mut [f32],
) -> (f64, Vec<f32>) {
    let (rows, k, dim) = (relevant.len(), candidates.len(), candidates.dim());
    let mut similarities = vec![0.0; rows * k];
    let mut slopes = vec![0.0; rows * k];
    let candidates = Matrix::new(candidates.as_slice(), k, dim);
    multiply_add(&mut similarities, 0.0, Matrix::new(queries, rows, dim), candidates.transposed(), 1.0);
    let mut sum = 0.0;
    for (row, relevant) in relevant.iter().enumerate() {
        let list = List { similarities: &similarities[row * k..][..k], relevant, teacher: &[] };
        sum += loss.of_list(first + row, &list, &mut slopes[row * k..][..k]);
    }
    multiply_add(gradient, 0.0, Matrix::new(&slopes, rows, k), candidates, 1.0);
    (sum, slopes)
}

/// Candidates of each query's own.
fn own(
    loss: &Weighed<'_>,
    queries: &Embeddings,
    lists: &[OwnList],
    items: &Embeddings,
    items_too: bool,
) -> Values {
    let dim = queries.dim();
    let mut gradient = vec![0.0_f32; queries.len() * dim];
    let of_query = |at: usize, gradient: &mut [f32], query: &[f32], own: &OwnList| {
        let similarities: Vec<f32> = own.items.iter().map(|&item| dot(query, items.row(item))).collect();
        let mut slopes = vec![0.0; similarities.len()];
        let list = List { similarities: &similarities, relevant: &own.relevant, teacher: &own.teacher };
        let value = loss.of_list(at, &list, &mut slopes);
        for (&item, &slope) in own.items.iter().zip(&slopes) {
            add_scaled(gradient, slope, items.row(item));
        }
        (value, if items_too { slopes } else { Vec::new() })
    };
    let found: Vec<(f64, Vec<f32>)> = gradient
        .par_chunks_mut(dim)
        .zip(queries.as_slice().par_chunks(dim))
        .zip(lists)
        .enumerate()
        .with_min_len(16)
        .map(|(at, ((gradient, query), own))| of_query(at, gradient, query, own))
        .collect();
    let sum = found.iter().map(|(loss, _)| loss).sum();
    let item_gradient = items_too.then(|| {
        let mut all = vec![0.0; items.len() * dim];
        for ((query, own), (_, slopes)) in queries.rows().zip(lists).zip(&found) {
            for (&item, &slope) in own.items.iter().zip(slopes) {
                add_scaled(&mut all[item * dim..][..dim], slope, query);
            }
        }
        all
    });
    (sum, gradient, item_gradient)
}

fn add_scaled(sum: &mut [f32], factor: f32, values: &[f32]) {
    if factor != 0.0 {
        sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += factor * value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_scattered_to_their_positions() {
        let expected = [0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 1.0, 2.0];
        assert_eq!(scatter(&[1.0, 2.0, 3.0, 4.0], &[3, 1], 4, 2), expected);
    }
}
