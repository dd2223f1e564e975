//! Adding items to an exact index, and removing them.

use std::ops::Range;

use ess_core::{Embeddings, Error, Index, MutableIndex};
use half::f16;

use super::index::{FlatIndex, Items};
use crate::live_rows::LiveRows;
use crate::storage::Storage;

impl MutableIndex for FlatIndex {
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
        Error::check_dim("items added to the index", self.dim(), items.dim())?;
        match &mut self.items {
            Items::F32(panels) => panels.push(items.as_slice(), |x| x),
            Items::I8(int8) => int8.push(items.as_slice()),
            Items::F16(panels) => {
                Storage::F16.check(items)?;
                panels.push(items.as_slice(), f16::from_f32);
            }
        }
        let first = self.rows();
        self.live.add(items.len());
        Ok(first..self.rows())
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
        self.check_remove(rows)?;
        self.live.remove(rows);
        Ok(())
    }

    fn compact(&mut self) -> Result<Vec<Option<usize>>, Error> {
        let Some(compacted) = self.live.compacted() else { return Ok(self.live.unchanged()) };
        let kept = self.live.kept();
        match &mut self.items {
            Items::F32(panels) => *panels = panels.selected(&kept),
            Items::F16(panels) => *panels = panels.selected(&kept),
            Items::I8(int8) => *int8 = int8.selected(&kept),
        }
        self.live = LiveRows::all(kept.len());
        Ok(compacted)
    }
}
