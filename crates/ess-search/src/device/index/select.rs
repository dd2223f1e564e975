//! Selection of the largest similarities of `n` queries with a block of `m` items, `n × m`.

use burn::tensor::Tensor;
use ess_core::{Hit, TopK};
use rayon::prelude::*;

use crate::{device::host_copy::indices, error::Error};

/// Selects the `k` largest of each row on the device, with `k < m`.
///
/// Where items tie for the last rank, a device may select any of them. Therefore `k + 1` are requested: where the
/// last two are equal, the row is read and the host selects by item order.
pub(super) fn on_device(
    similarities: Tensor<2>,
    k: usize,
    first_item: usize,
    best: &mut [TopK],
) -> Result<(), Error> {
    let [_, items] = similarities.dims();
    let (values, positions) = similarities.clone().topk_with_indices(k + 1, 1);
    let values = values.try_into_vec_as::<f32>().map_err(Error::of_device)?;
    let positions = positions.try_into_vec_as::<i64>().map_err(Error::of_device)?;
    let mut ties = Vec::new();
    for (row, best) in best.iter_mut().enumerate() {
        let own = row * (k + 1)..(row + 1) * (k + 1);
        let (values, positions) = (&values[own.clone()], &positions[own]);
        if values[k - 1] == values[k] {
            ties.push(row);
            continue;
        }
        for (&value, &position) in values[..k].iter().zip(positions) {
            let position = usize::try_from(position).ok().filter(|&position| position < items);
            let position = position.ok_or_else(|| Error::Device {
                message: "it chose an item that does not exist".to_owned(),
            })?;
            best.push(Hit::new(first_item + position, value));
        }
    }
    if ties.is_empty() { Ok(()) } else { tied(similarities, &ties, first_item, best) }
}

/// Selects the largest of some rows on the host.
fn tied(similarities: Tensor<2>, rows: &[usize], first_item: usize, best: &mut [TopK]) -> Result<(), Error> {
    let on_device = indices(rows.iter().map(|&row| row as i64).collect(), &similarities.device());
    let mut selected: Vec<TopK> = rows.iter().map(|&row| best[row].clone()).collect();
    on_host(similarities.select(0, on_device), first_item, &mut selected)?;
    for (&row, selected) in rows.iter().zip(selected) {
        best[row] = selected;
    }
    Ok(())
}

/// Selects the largest of each row on the host.
pub(super) fn on_host(similarities: Tensor<2>, first_item: usize, best: &mut [TopK]) -> Result<(), Error> {
    let [_, items] = similarities.dims();
    let values = similarities.try_into_vec_as::<f32>().map_err(Error::of_device)?;
    let rows = best.par_iter_mut().zip(values.par_chunks(items));
    rows.for_each(|(best, row)| best.extend_from_similarities(first_item, row));
    Ok(())
}
