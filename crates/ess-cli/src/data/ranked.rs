//! A run whose items are rows.

use std::path::Path;

use anyhow::{Context, Result};
use ess_core::Ids;
use ess_data::read_run;
use ess_metrics::Run;

/// A run and its file.
pub(crate) struct Ranked<'p> {
    pub(crate) run: Run,
    path: &'p Path,
}

impl<'p> Ranked<'p> {
    /// Reads a run file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read(path: &'p Path) -> Result<Self> {
        Ok(Self { run: read_run(path)?, path })
    }

    /// The rows of a query's items, the best first, and their scores.
    ///
    /// # Errors
    /// For an item that is not among these.
    pub(crate) fn rows(&self, query: &str, items: &Ids) -> Result<Vec<(usize, f32)>> {
        let row = |(item, score): (&str, f32)| {
            let row = items.row(item).with_context(|| format!("{}: query {query:?}", self.path.display()));
            Ok((row?, score))
        };
        self.run.ranking(query).into_iter().map(row).collect()
    }
}
