//! Items, interleaved so that SIMD runs across them.

use bytemuck::Pod;
use ess_core::MemoryUse;
use ess_files::Values;
use rayon::prelude::*;

use super::{huge_pages::ask_for_huge_pages, lanes::LANES};
use crate::file::in_memory::InMemory;

/// `n` items of `dim` components in panels of [`LANES`]: the component of item `LANES p + l` in dimension `i` is at
/// `LANES (p dim + i) + l`. The last panel is filled up with zeros when `n` is no multiple of [`LANES`].
#[derive(Clone, Debug)]
pub(crate) struct Panels<T> {
    dim: usize,
    len: usize,
    whole: Values<T>,
    // Apart, so that `whole` can take the memory of the rows over without growing.
    last: Vec<T>,
}

/// Consecutive panels, and the items in them.
pub(crate) struct PanelBlock<'a, T> {
    /// The row of the first item.
    pub(crate) first_item: usize,
    /// The number of items, the zeros at the end not counted.
    pub(crate) items: usize,
    /// The components of all panels.
    pub(crate) values: &'a [T],
}

impl<T: Pod + Send + Sync> Panels<T> {
    /// Interleaves row-major items (`n × dim`, whole rows) in place.
    pub(crate) fn from_rows(mut rows: Vec<T>, dim: usize) -> Self {
        let len = rows.len() / dim;
        let rest = rows.split_off(len / LANES * LANES * dim);
        rows.shrink_to_fit();
        rows.par_chunks_exact_mut(LANES * dim).for_each_init(Vec::new, |scratch, panel| {
            scratch.clear();
            scratch.extend_from_slice(panel);
            interleave(scratch, dim, panel);
        });
        ask_for_huge_pages(&rows);
        let last = interleaved_rest(&rest, dim);
        Self { dim, len, whole: rows.into(), last }
    }

    /// Adds row-major items (`n × dim`, whole rows) behind the others.
    pub(crate) fn push(&mut self, rows: &[f32], convert: impl Fn(f32) -> T) {
        for row in rows.chunks_exact(self.dim) {
            self.push_item(|dimension| convert(row[dimension]));
        }
    }

    fn push_item(&mut self, number: impl Fn(usize) -> T) {
        let lane = self.len % LANES;
        self.last.resize(LANES * self.dim, T::zeroed());
        for dimension in 0..self.dim {
            self.last[dimension * LANES + lane] = number(dimension);
        }
        self.len += 1;
        if lane + 1 == LANES {
            self.whole.to_mut().append(&mut self.last);
        }
    }

    /// The items at these rows, which exist, in this order.
    pub(crate) fn selected(&self, rows: &[usize]) -> Self {
        let mut selected = Self { dim: self.dim, len: 0, whole: Vec::new().into(), last: Vec::new() };
        let whole_items = self.whole.len() / self.dim;
        for &row in rows {
            let (numbers, row) =
                if row < whole_items { (&self.whole[..], row) } else { (&self.last[..], row - whole_items) };
            let first = row / LANES * self.dim * LANES + row % LANES;
            selected.push_item(|dimension| numbers[first + dimension * LANES]);
        }
        ask_for_huge_pages(&selected.whole);
        selected
    }

    /// All panels: the whole ones, then the last one if it is filled up with zeros.
    pub(crate) fn parts(&self) -> [&[T]; 2] {
        [&self.whole, &self.last]
    }

    /// How many components [`Panels::parts`] have together; `None` when the sizes overflow.
    pub(crate) fn size(len: usize, dim: usize) -> Option<usize> {
        len.checked_next_multiple_of(LANES)?.checked_mul(dim)
    }

    /// The panels whose [`Panels::parts`] are given, [`Panels::size`] components, in one piece.
    pub(crate) fn from_parts(numbers: Values<T>, len: usize, dim: usize) -> Self {
        let (whole, last) = numbers.split_off(len / LANES * LANES * dim);
        // Of a mapped file it would read every page.
        if whole.memory_use().mapped == 0 {
            ask_for_huge_pages(&whole);
        }
        Self { dim, len, whole, last }
    }

    /// How much memory the panels take.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        let whole = self.whole.memory_use();
        MemoryUse { owned: whole.owned + size_of_val(&self.last[..]), ..whole }
    }

    /// The number of items.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The dimension of each item.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// How many panels fill `bytes`; at least one.
    pub(crate) fn panels_in(&self, bytes: usize) -> usize {
        (bytes / (size_of::<T>() * LANES * self.dim)).max(1)
    }

    /// How many blocks of at most `panels` panels there are.
    pub(crate) fn blocks(&self, panels: usize) -> usize {
        self.whole.len().div_ceil(panels * LANES * self.dim) + usize::from(!self.last.is_empty())
    }

    /// The block at `index` when the items are cut into blocks of at most `panels` panels.
    pub(crate) fn block(&self, panels: usize, index: usize) -> PanelBlock<'_, T> {
        let size = panels * LANES * self.dim;
        let whole_items = self.whole.len() / self.dim;
        match self.whole.chunks(size).nth(index) {
            Some(values) => {
                PanelBlock { first_item: index * panels * LANES, items: values.len() / self.dim, values }
            }
            None => PanelBlock { first_item: whole_items, items: self.len - whole_items, values: &self.last },
        }
    }
}

fn interleave<T: Copy>(rows: &[T], dim: usize, panel: &mut [T]) {
    for (lane, row) in rows.chunks_exact(dim).enumerate() {
        for (dimension, &value) in row.iter().enumerate() {
            panel[dimension * LANES + lane] = value;
        }
    }
}

fn interleaved_rest<T: Pod>(rows: &[T], dim: usize) -> Vec<T> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut panel = vec![T::zeroed(); LANES * dim];
    interleave(rows, dim, &mut panel);
    panel
}

#[cfg(test)]
mod tests {
    use half::f16;
    use proptest::prelude::*;

    use super::*;
    use crate::halves::halves;

    fn rows_of<T: Pod + Send + Sync + Into<f32>>(panels: &Panels<T>, per_block: usize) -> Vec<f32> {
        let dim = panels.dim();
        let mut rows = vec![f32::NAN; panels.len() * dim];
        let mut next = 0;
        for index in 0..panels.blocks(per_block) {
            let block = panels.block(per_block, index);
            assert_eq!(block.first_item, next);
            next += block.items;
            for item in 0..block.items {
                for i in 0..dim {
                    let at = (item / LANES * dim + i) * LANES + item % LANES;
                    rows[(block.first_item + item) * dim + i] = block.values[at].into();
                }
            }
        }
        assert_eq!(next, panels.len());
        rows
    }

    proptest! {
        #[test]
        fn every_item_is_in_one_block(n in 1_usize..200, dim in 1_usize..5, per_block in 1_usize..4) {
            let rows: Vec<f32> = (0..n * dim).map(|x| x as f32).collect();
            prop_assert_eq!(&rows_of(&Panels::from_rows(rows.clone(), dim), per_block), &rows);
            let rounded = Panels::from_rows(halves(rows.clone()), dim);
            prop_assert_eq!(&rows_of(&rounded, per_block), &rows);
        }

        #[test]
        fn items_pushed_are_as_items_built(n in 1_usize..200, dim in 1_usize..5, first in 1_usize..200) {
            let rows: Vec<f32> = (0..n * dim).map(|x| x as f32).collect();
            let first = first.min(n);
            let mut panels = Panels::from_rows(rows[..first * dim].to_vec(), dim);
            panels.push(&rows[first * dim..], |x| x);
            let expected = Panels::from_rows(rows, dim);
            prop_assert_eq!(panels.parts(), expected.parts());
            let size = Panels::<f32>::size(n, dim).unwrap();
            prop_assert_eq!(panels.parts().concat().len(), size);
            let again = Panels::from_parts(panels.parts().concat().into(), n, dim);
            prop_assert_eq!(again.parts(), expected.parts());
        }
    }

    #[test]
    fn items_selected_are_as_items_built() {
        let rows: Vec<f32> = (0..(2 * LANES + 5) * 3).map(|x| x as f32).collect();
        let panels = Panels::from_rows(rows.clone(), 3);
        let named: Vec<usize> = (0..2 * LANES + 5).rev().step_by(2).collect();
        let expected: Vec<f32> = named.iter().flat_map(|&row| rows[3 * row..][..3].to_vec()).collect();
        assert_eq!(rows_of(&panels.selected(&named), 1), expected);
    }

    #[test]
    fn memory_is_that_of_whole_panels() {
        for (items, panels) in [(1, 1), (LANES, 1), (LANES + 1, 2)] {
            let rounded = Panels::from_rows(vec![f16::ONE; items * 3], 3);
            let expected = MemoryUse { owned: panels * LANES * 3 * 2, mapped: 0 };
            assert_eq!(rounded.memory_use(), expected, "{items}");
        }
        let one = Panels::from_rows(vec![1.0_f32; 3], 3);
        // A panel takes 576 bytes.
        assert_eq!([0, 575, 576, 1151, 1152, 6000].map(|bytes| one.panels_in(bytes)), [1, 1, 1, 1, 2, 10]);
    }

    #[test]
    fn the_memory_of_the_rows_is_kept() {
        let rows = vec![1.0; 2 * LANES * 3];
        let address = rows.as_ptr();
        assert_eq!(Panels::from_rows(rows, 3).whole.as_ptr(), address);
    }
}
