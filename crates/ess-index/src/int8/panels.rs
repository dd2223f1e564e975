//! Int8 codes of items, interleaved for the kernels.

use std::ops::Range;

use ess_core::MemoryUse;
use ess_files::Values;

use crate::file::in_memory::InMemory;
use crate::kernels::float::lanes::LANES;

/// Dimensions that lie together, as one step of a kernel takes them.
pub(super) const GROUP: usize = 4;

/// Items in panels of [`LANES`]: the code of item `LANES p + l` in dimension `GROUP g + j` is at
/// `LANES (p stride + GROUP g) + GROUP l + j`, where the stride is the dimension rounded up. What is left is zeros.
#[derive(Clone, Debug)]
pub(super) struct BytePanels {
    stride: usize,
    len: usize,
    codes: Values<i8>,
}

impl BytePanels {
    pub(super) fn new(dim: usize) -> Self {
        Self { stride: dim.next_multiple_of(GROUP), len: 0, codes: Vec::new().into() }
    }

    /// Reserves memory for exactly this many more items.
    pub(super) fn reserve(&mut self, items: usize) {
        let size = (self.len + items).next_multiple_of(LANES) * self.stride;
        let codes = self.codes.to_mut();
        codes.reserve_exact(size.saturating_sub(codes.len()));
    }

    /// Adds an item behind the others.
    pub(super) fn push(&mut self, item: &[i8]) {
        let lane = self.len % LANES;
        let panel = self.len / LANES * LANES * self.stride;
        let codes = self.codes.to_mut();
        if lane == 0 {
            codes.resize(panel + LANES * self.stride, 0);
        }
        for (group, numbers) in item.chunks(GROUP).enumerate() {
            let at = panel + (group * LANES + lane) * GROUP;
            codes[at..at + numbers.len()].copy_from_slice(numbers);
        }
        self.len += 1;
    }

    /// The bytes of an item.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// How many panels fill `bytes`; at least one.
    pub(super) fn panels_in(&self, bytes: usize) -> usize {
        (bytes / (LANES * self.stride)).max(1)
    }

    /// How many blocks of at most `panels` panels there are.
    pub(super) fn blocks(&self, panels: usize) -> usize {
        self.codes.len().div_ceil(panels * LANES * self.stride)
    }

    /// The items of a block, and their panels.
    pub(super) fn block(&self, panels: usize, index: usize) -> (Range<usize>, &[i8]) {
        let size = panels * LANES * self.stride;
        let codes = self.codes.chunks(size).nth(index).unwrap_or(&[]);
        let first = index * panels * LANES;
        (first..self.len.min(first + codes.len() / self.stride), codes)
    }

    /// All codes, in one piece.
    pub(super) fn parts(&self) -> [&[i8]; 1] {
        [&self.codes]
    }

    /// How many codes [`BytePanels::parts`] has; `None` when the sizes overflow.
    pub(super) fn size(len: usize, dim: usize) -> Option<usize> {
        len.checked_next_multiple_of(LANES)?.checked_mul(dim.checked_next_multiple_of(GROUP)?)
    }

    /// What [`BytePanels::parts`] gave.
    pub(super) fn from_parts(codes: Values<i8>, len: usize, dim: usize) -> Self {
        Self { stride: dim.next_multiple_of(GROUP), len, codes }
    }

    pub(super) fn memory_use(&self) -> MemoryUse {
        self.codes.memory_use()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_item_is_in_one_block(n in 1_usize..200, dim in 1_usize..10, per_block in 1_usize..4) {
            let code = |item: usize, dimension: usize| ((item * 7 + dimension * 3) % 127) as i8 + 1;
            let mut panels = BytePanels::new(dim);
            for item in 0..n {
                panels.push(&Vec::from_iter((0..dim).map(|dimension| code(item, dimension))));
            }
            let stride = panels.stride();
            prop_assert_eq!(stride, dim.div_ceil(GROUP) * GROUP);
            prop_assert_eq!(Some(panels.parts()[0].len()), BytePanels::size(n, dim));
            let again = BytePanels::from_parts(panels.parts()[0].to_vec().into(), n, dim);
            let mut next = 0;
            for index in 0..again.blocks(per_block) {
                let (items, codes) = again.block(per_block, index);
                prop_assert_eq!(items.start, next);
                prop_assert_eq!(codes.len(), items.len().next_multiple_of(LANES) * stride);
                for item in items.clone() {
                    let (panel, lane) = ((item - next) / LANES, item % LANES);
                    for dimension in 0..stride {
                        let group = panel * stride + dimension / GROUP * GROUP;
                        let found = codes[LANES * group + GROUP * lane + dimension % GROUP];
                        prop_assert_eq!(found, if dimension < dim { code(item, dimension) } else { 0 });
                    }
                }
                next = items.end;
            }
            prop_assert_eq!(next, n);
            let owned = n.next_multiple_of(LANES) * stride;
            prop_assert_eq!(again.memory_use(), MemoryUse { owned, mapped: 0 });
            prop_assert_eq!(again.panels_in(3 * LANES * stride + 1), 3);
            prop_assert_eq!(again.panels_in(LANES * stride - 1), 1);
        }
    }
}
