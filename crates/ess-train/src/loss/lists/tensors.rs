//! List losses in tensor operations, for any device: products there, lists here.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData, s};
use ess_search::{embeddings_from_tensor, largest_tensor};

use super::{
    list::{List, Relevant},
    lists_of_batch::{Lists, OwnList},
    sums::Sums,
    weighed::Weighed,
};
use crate::{
    data::items::{ItemBlock, Items},
    error::Error,
    loss::rows_at_once::rows_at_once,
};

/// The maximum number of elements of a tensor that is made on the way: 16 Mi, 64 megabytes. Less where the device says so.
const MAX_ELEMENTS: usize = 1 << 24;

/// As `host::evaluate`.
pub(super) fn evaluate(
    loss: &Weighed<'_>,
    queries: Tensor<2>,
    lists: &Lists,
    items: &Items<'_>,
    items_too: bool,
) -> Result<Sums, Error> {
    let elements = max_elements(items.device());
    match lists {
        Lists::Own(lists) => own(loss, queries, lists, items, items_too, elements),
        Lists::Shared { rows: None, relevant } => {
            shared(loss, queries, relevant, items.blocks(), items_too, elements)
        }
        Lists::Shared { rows: Some(rows), relevant } => {
            let chosen = [ItemBlock { first: 0, tensor: items.rows(rows) }];
            let mut sums = shared(loss, queries, relevant, &chosen, items_too, elements)?;
            sums.item_gradient = sums.item_gradient.map(|gradient| spread(gradient, rows, items));
            Ok(sums)
        }
    }
}

/// Rows of gradients added at their indices among all items, `m × d`.
pub(in crate::loss) fn spread(gradient: Tensor<2>, rows: &[usize], items: &Items<'_>) -> Tensor<2> {
    let [m, dim] = [items.embeddings().len(), items.embeddings().dim()];
    let rows = rows_tensor(rows, items.device());
    Tensor::zeros([m, dim], items.device()).select_assign(0, rows, gradient, IndexingUpdateOp::Add)
}

fn max_elements(device: &Device) -> usize {
    MAX_ELEMENTS.min(largest_tensor(device))
}

/// Rows as an integer tensor.
pub(crate) fn rows_tensor(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}

/// At most so many `elements` of similarities at once.
pub(super) fn shared(
    loss: &Weighed<'_>,
    queries: Tensor<2>,
    relevant: &[Vec<Relevant>],
    candidates: &[ItemBlock],
    items_too: bool,
    elements: usize,
) -> Result<Sums, Error> {
    let [n, _] = queries.dims();
    let k: usize = candidates.iter().map(|block| block.tensor.dims()[0]).sum();
    let chunk = rows_at_once(elements, k, n);
    let mut sums = Accumulated::default();
    for start in (0..n).step_by(chunk) {
        let count = chunk.min(n - start);
        let rows = queries.clone().slice(s![start..start + count, ..]);
        let similarities = similarities_of(&rows, candidates, count, k)?;
        let mut slopes = vec![0.0; count * k];
        let lists = similarities.chunks(k).zip(slopes.chunks_mut(k)).zip(&relevant[start..start + count]);
        for (at, ((similarities, slopes), relevant)) in lists.enumerate() {
            sums.loss += loss.of_list(start + at, &List { similarities, relevant, teacher: &[] }, slopes);
        }
        sums.add_slopes(&rows, candidates, &slopes, items_too);
    }
    Ok(sums.finish())
}

/// The similarities of `count` queries to all candidates, `count × k`, row-major.
fn similarities_of(
    rows: &Tensor<2>,
    candidates: &[ItemBlock],
    count: usize,
    k: usize,
) -> Result<Vec<f32>, Error> {
    let mut similarities = vec![0.0; count * k];
    for block in candidates {
        let found = embeddings_from_tensor(rows.clone().matmul(block.tensor.clone().transpose()))?;
        for (row, found) in found.rows().enumerate() {
            similarities[row * k + block.first..][..found.len()].copy_from_slice(found);
        }
    }
    Ok(similarities)
}

/// Lists are filled up to the longest with the first item, whose slope there is zero. At most so many `elements` of their
/// embeddings at once.
pub(super) fn own(
    loss: &Weighed<'_>,
    queries: Tensor<2>,
    lists: &[OwnList],
    items: &Items<'_>,
    items_too: bool,
    elements: usize,
) -> Result<Sums, Error> {
    let [n, dim] = queries.dims();
    let device = queries.device();
    let longest = lists.iter().map(|own| own.items.len()).max().unwrap_or(0).max(1);
    let chunk = rows_at_once(elements, longest * dim, n);
    let mut sums = Accumulated::default();
    for start in (0..n).step_by(chunk) {
        let lists = &lists[start..n.min(start + chunk)];
        let rows = queries.clone().slice(s![start..start + lists.len(), ..]);
        let mut filled = vec![0; lists.len() * longest];
        for (filled, own) in filled.chunks_mut(longest).zip(lists) {
            filled[..own.items.len()].copy_from_slice(&own.items);
        }
        let chosen = items.rows(&filled).reshape([lists.len(), longest, dim]);
        let similarities = chosen.clone().matmul(rows.clone().unsqueeze_dim::<3>(2)).squeeze_dim::<2>(2);
        let similarities = embeddings_from_tensor(similarities)?;
        let mut slopes = vec![0.0; lists.len() * longest];
        let rows_of_lists = similarities.rows().zip(lists).zip(slopes.chunks_mut(longest));
        for (at, ((similarities, own), slopes)) in rows_of_lists.enumerate() {
            let length = own.items.len();
            let similarities = &similarities[..length];
            let list = List { similarities, relevant: &own.relevant, teacher: &own.teacher };
            sums.loss += loss.of_list(start + at, &list, &mut slopes[..length]);
        }
        let slopes = Tensor::<3>::from_data(TensorData::new(slopes, [lists.len(), 1, longest]), &device);
        sums.gradients.push(slopes.clone().matmul(chosen).squeeze_dim::<2>(1));
        if items_too {
            let spread_out = slopes.swap_dims(1, 2).matmul(rows.unsqueeze_dim::<3>(1));
            sums.add_items(spread(spread_out.reshape([lists.len() * longest, dim]), &filled, items));
        }
    }
    Ok(sums.finish())
}

#[derive(Default)]
struct Accumulated {
    loss: f64,
    gradients: Vec<Tensor<2>>,
    item_gradient: Option<Tensor<2>>,
}

impl Accumulated {
    /// Adds the gradients that the slopes of shared candidates give, slopes `queries × k`, row-major.
    fn add_slopes(&mut self, rows: &Tensor<2>, candidates: &[ItemBlock], slopes: &[f32], items_too: bool) {
        let (count, device) = (rows.dims()[0], rows.device());
        let mut gradient = rows.zeros_like();
        let mut of_items = Vec::new();
        for block in candidates {
            let width = block.tensor.dims()[0];
            let of_block = slopes.chunks(slopes.len() / count);
            let of_block = of_block.flat_map(|row| &row[block.first..block.first + width]).copied().collect();
            let of_block = Tensor::<2>::from_data(TensorData::new(of_block, [count, width]), &device);
            gradient = gradient + of_block.clone().matmul(block.tensor.clone());
            if items_too {
                of_items.push(of_block.transpose().matmul(rows.clone()));
            }
        }
        self.gradients.push(gradient);
        if items_too {
            self.add_items(Tensor::cat(of_items, 0));
        }
    }

    fn add_items(&mut self, gradient: Tensor<2>) {
        self.item_gradient = Some(match self.item_gradient.take() {
            Some(sum) => sum + gradient,
            None => gradient,
        });
    }

    fn finish(self) -> Sums {
        let Self { loss, gradients, item_gradient } = self;
        Sums { loss, gradient: Tensor::cat(gradients, 0), item_gradient }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_without_a_limit_makes_large_tensors() {
        assert_eq!(max_elements(&Device::flex()), MAX_ELEMENTS);
    }
}
