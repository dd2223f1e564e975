//! Adding items to an IVF-PQ index, and removing them.

use std::ops::Range;

use ess_core::{Embeddings, Index, MutableIndex};

use super::index::IvfPqIndex;
use super::inverted_file::lists::Lists;
use super::rows::Rows;
use crate::error::Error;
use crate::live_rows::LiveRows;

impl MutableIndex for IvfPqIndex {
    /// Codes the items and puts them into the lists. Adding many at once is much cheaper than one by one.
    ///
    /// # Errors
    /// [`ess_core::Error::DimensionMismatch`]; [`Error::TooManyItems`] and [`Error::BeyondStorage`] in
    /// [`ess_core::Error::External`].
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, ess_core::Error> {
        ess_core::Error::check_dim("items added to the index", self.dim(), items.dim())?;
        let first = self.rows();
        Error::check_items(first.saturating_add(items.len()))?;
        self.storage().check(items)?;
        let coded = self.coder.encode(items, |_| {});
        let added = Lists::new(coded, self.lists(), self.codes(), first as u32, |order| {
            Rows::arranged(self.storage(), items.as_slice().to_vec(), items.dim(), order)
        });
        self.segments.push(added);
        self.live.add(items.len());
        self.merge_small_segments();
        Ok(first..self.rows())
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), ess_core::Error> {
        self.check_remove(rows)?;
        self.live.remove(rows);
        Ok(())
    }

    /// Leaves removed items out of the lists; what was learnt from them stays.
    fn compact(&mut self) -> Result<Vec<Option<usize>>, ess_core::Error> {
        let Some(compacted) = self.live.compacted() else { return Ok(self.live.unchanged()) };
        let mut merged = self.merged(&self.segments.iter().collect::<Vec<_>>());
        // Names that no row has are only in a damaged file.
        merged.rename(|name| compacted.get(name as usize).copied().flatten().unwrap_or(usize::MAX) as u32);
        self.segments = vec![merged];
        self.live = LiveRows::all(self.live.len());
        Ok(compacted)
    }
}

impl IvfPqIndex {
    /// Each segment is kept more than twice as large as the next, so that there are few and an item is seldom copied.
    fn merge_small_segments(&mut self) {
        while let [.., before, last] = &*self.segments
            && before.len() <= 2 * last.len()
        {
            let merged = self.merged(&[before, last]);
            self.segments.truncate(self.segments.len() - 2);
            self.segments.push(merged);
        }
    }

    fn merged(&self, segments: &[&Lists]) -> Lists {
        match self.live.admitted(None) {
            Some(live) => Lists::merged(segments, self.dim(), |row| live.contains(row as usize)),
            None => Lists::merged(segments, self.dim(), |_| true),
        }
    }
}
