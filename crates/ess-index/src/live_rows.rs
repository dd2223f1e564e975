//! Which rows have an item that is not removed.

use std::borrow::Cow;

use ess_core::{Error, Filter, RowSet};
use ess_files::Section;

use crate::file::contents::Contents;

const SECTION: &str = "live";

/// Rows `0..rows`, of which some have been removed.
#[derive(Clone, Debug)]
pub(crate) struct LiveRows {
    rows: usize,
    /// `None` while nothing has been removed.
    live: Option<RowSet>,
}

/// The rows that a search may find; `None` for all.
pub(crate) type Admitted<'a> = Option<Cow<'a, RowSet>>;

impl LiveRows {
    /// `rows` rows, none removed.
    pub(crate) fn all(rows: usize) -> Self {
        Self { rows, live: None }
    }

    /// The number of rows, removed ones included.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The number of rows that are not removed.
    pub(crate) fn len(&self) -> usize {
        self.live.as_ref().map_or(self.rows, RowSet::len)
    }

    /// Whether a row has an item that is not removed.
    pub(crate) fn contains(&self, row: usize) -> bool {
        self.live.as_ref().map_or(row < self.rows, |live| live.contains(row))
    }

    /// The rows that are not removed, in order.
    pub(crate) fn kept(&self) -> Vec<usize> {
        (0..self.rows).filter(|&row| self.contains(row)).collect()
    }

    /// For each row the one that it gets when removed rows are left out; `None` where there is nothing to change, since
    /// none is removed or none is left.
    pub(crate) fn compacted(&self) -> Option<Vec<Option<usize>>> {
        if self.len() == self.rows || self.len() == 0 {
            return None;
        }
        let mut next = 0..;
        Some((0..self.rows).map(|row| self.contains(row).then(|| next.next()).flatten()).collect())
    }

    /// For each row its own index.
    pub(crate) fn unchanged(&self) -> Vec<Option<usize>> {
        (0..self.rows).map(Some).collect()
    }

    /// Adds rows behind the others.
    pub(crate) fn add(&mut self, count: usize) {
        if let Some(live) = &mut self.live {
            live.grow(self.rows + count);
            for row in self.rows..self.rows + count {
                // Below the capacity that it has just been given.
                let _ = live.insert(row);
            }
        }
        self.rows += count;
    }

    /// Removes rows that exist.
    pub(crate) fn remove(&mut self, rows: &[usize]) {
        let count = self.rows;
        let live = self.live.get_or_insert_with(|| RowSet::from_predicate(count, |_| true));
        for &row in rows {
            live.remove(row);
        }
    }

    /// The rows that a search with this filter may find.
    pub(crate) fn admitted<'a>(&'a self, filter: Option<Filter<'a>>) -> Admitted<'a> {
        let filtered = filter.map(|filter| filter.to_row_set(self.rows));
        match (filtered, &self.live) {
            (None, None) => None,
            (None, Some(live)) => Some(Cow::Borrowed(live)),
            (Some(filtered), None) if filtered.capacity() <= self.rows => Some(filtered),
            (Some(filtered), None) => {
                let all = RowSet::from_predicate(self.rows, |_| true);
                Some(Cow::Owned(filtered.intersection(&all)))
            }
            (Some(filtered), Some(live)) => Some(Cow::Owned(filtered.intersection(live))),
        }
    }

    /// How a file keeps what is removed: nothing, or a bit for each row.
    pub(crate) fn section(&self) -> Option<Section<'_>> {
        self.live.as_ref().map(|live| Section::new(SECTION, &[live.words()]))
    }

    /// What [`LiveRows::section`] kept.
    pub(crate) fn from_contents(rows: usize, contents: &Contents) -> Result<Self, crate::error::Error> {
        if !contents.has(SECTION) {
            return Ok(Self::all(rows));
        }
        let words = contents.values::<u64>(SECTION, Some(rows.div_ceil(64)))?.to_vec();
        let live = RowSet::from_words(rows, words)
            .map_err(|error: Error| contents.mismatch("rows that exist", error.to_string()))?;
        Ok(Self { rows, live: Some(live) })
    }
}
