//! Items in and out of a graph.

use std::ops::Range;

use ess_core::{Embeddings, Error, Index, MutableIndex};

use super::{GraphIndex, build::check_rows, insert::Drawing, space::Space};

impl MutableIndex for GraphIndex {
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
        Error::check_dim("items added to the index", self.dim(), items.dim())?;
        let first = self.rows();
        check_rows(first + items.len())?;
        self.rows.push(items.as_slice());
        self.codes.push(items.as_slice(), items.dim());
        // An index from a file has none until it changes.
        let mut space = self.space.take().unwrap_or_else(|| Space::new(&self.codes, Some(self.radius)));
        space.extend(&self.codes);
        let rows: Vec<u32> = (first..first + items.len()).map(|row| row as u32).collect();
        let drawing =
            Drawing { codes: &self.codes, space: &space, builder: &self.builder, starts: &[self.start] };
        drawing.insert(&mut self.links, &rows, first, |_| {});
        self.space = Some(space);
        self.live.add(items.len());
        Ok(first..self.rows())
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
        self.check_remove(rows)?;
        self.live.remove(rows);
        Ok(())
    }
}
