//! Items in rows and as int8 codes, built, changed and kept in files.

use ess_core::MemoryUse;
use ess_files::{Section, Values};

use super::{bounds::ItemBounds, panels::BytePanels};
use crate::{cpu::InstructionSet, file::contents::Contents, memory_use::total, rows::Rows};

/// Items in rows and, as int8 codes, in panels.
#[derive(Clone, Debug)]
pub(crate) struct Int8Items {
    pub(super) rows: Rows,
    pub(super) panels: BytePanels,
    pub(super) bounds: ItemBounds,
    pub(super) instructions: InstructionSet,
}

impl Int8Items {
    /// Quantises row-major items (`n × dim`, whole rows).
    pub(crate) fn from_rows(rows: Vec<f32>, dim: usize) -> Self {
        let mut items = Self {
            rows: Rows::new(Vec::new().into(), dim),
            panels: BytePanels::new(dim),
            bounds: ItemBounds::default(),
            instructions: InstructionSet::detect(),
        };
        items.panels.reserve(rows.len() / dim);
        items.bounds.reserve(rows.len() / dim);
        items.round(&rows);
        items.rows = Rows::new(rows.into(), dim);
        items
    }

    /// Adds row-major items (`n × dim`, whole rows) behind the others.
    pub(crate) fn push(&mut self, rows: &[f32]) {
        self.round(rows);
        self.rows.push(rows);
    }

    fn round(&mut self, rows: &[f32]) {
        let dim = self.rows.dim();
        let mut codes = vec![0_i8; dim];
        for row in rows.chunks_exact(dim) {
            let scale = crate::kernels::codes::quantise::quantise(row, &mut codes);
            self.panels.push(&codes);
            self.bounds.push(row, &codes, scale);
        }
    }

    /// The items at these rows, in this order. The rows must exist.
    pub(crate) fn selected(&self, rows: &[usize]) -> Self {
        Self::from_rows(self.rows.selected(rows), self.dim())
    }

    /// The dimension of each item.
    pub(crate) fn dim(&self) -> usize {
        self.rows.dim()
    }

    /// How much memory the items take.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        total([self.rows.memory_use(), self.panels.memory_use(), self.bounds.memory_use()])
    }

    /// How a file keeps the items.
    pub(crate) fn sections(&self) -> Vec<Section<'_>> {
        let rows = Section::new("rows", &[self.rows.numbers()]);
        let panels = Section::new("byte_panels", &self.panels.parts());
        [rows, panels].into_iter().chain(self.bounds.sections()).collect()
    }

    /// What [`Int8Items::sections`] kept; `None` when the sizes overflow.
    pub(crate) fn from_contents(
        rows: usize,
        dim: usize,
        contents: &Contents,
    ) -> Result<Option<Self>, crate::error::Error> {
        let (Some(numbers), Some(bytes)) = (rows.checked_mul(dim), BytePanels::size(rows, dim)) else {
            return Ok(None);
        };
        let panels: Values<i8> = contents.values("byte_panels", Some(bytes))?;
        Ok(Some(Self {
            rows: Rows::new(contents.values("rows", Some(numbers))?, dim),
            panels: BytePanels::from_parts(panels, rows, dim),
            bounds: ItemBounds::from_contents(rows, contents)?,
            instructions: InstructionSet::detect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::float::lanes::LANES;

    fn wave(n: usize, dim: usize, step: f32) -> Vec<f32> {
        (0..n * dim).map(|i| (i as f32 * step).sin() * (1.0 + (i / dim) as f32 * 0.01)).collect()
    }

    #[test]
    fn items_added_and_items_selected_are_as_items_built() {
        let (items, queries) = (wave(90, 3, 0.7), wave(2, 3, 0.37));
        let built = Int8Items::from_rows(items.clone(), 3);
        let mut added = Int8Items::from_rows(items[..50 * 3].to_vec(), 3);
        added.push(&items[50 * 3..]);
        let all = built.selected(&Vec::from_iter(0..90));
        let expected = built.search(&queries, 10, None, 0).unwrap();
        for same in [added, all] {
            assert_eq!((same.dim(), same.panels.parts()), (3, built.panels.parts()));
            assert_eq!(same.search(&queries, 10, None, 0).unwrap(), expected);
        }
        let reversed = built.selected(&Vec::from_iter((0..90).rev())).search(&queries, 1, None, 0).unwrap();
        assert_eq!(reversed[0][0].item, 89 - expected[0][0].item);
    }

    #[test]
    fn memory_is_that_of_rows_codes_and_bounds() {
        let int8 = Int8Items::from_rows(vec![1.0; 50 * 3], 3);
        let (rows, codes, bounds) = (50 * 3 * size_of::<f32>(), 2 * LANES * 4, 3 * 50 * size_of::<f32>());
        let owned = int8.memory_use().owned;
        assert_eq!(owned, rows + codes + bounds);
        let parts = [int8.rows.memory_use(), int8.panels.memory_use(), int8.bounds.memory_use()];
        assert_eq!(owned, parts.iter().map(|part| part.owned).sum::<usize>());
    }
}
