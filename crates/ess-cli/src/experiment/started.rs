//! An experiment whose flags were read.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ess_files::FolderLock;
use serde::Serialize;

use crate::output::{json::write_json, options::Output, terminal::show};

use super::{cells::Cells, source::Source};

/// What an experiment is made on, and the folder that it writes to, which nobody else writes to meanwhile.
pub(crate) struct Started<S = Source> {
    /// The data sets, in the order given.
    pub(crate) sources: Vec<S>,
    /// The first seed, which also cuts dev off where a data set has none.
    pub(crate) seed: u64,
    /// The seeds that modules are trained with.
    pub(crate) seeds: Vec<u64>,
    pub(super) folder: PathBuf,
    #[expect(dead_code, reason = "held until the experiment ends")]
    pub(super) lock: FolderLock,
}

impl<S> Started<S> {
    /// Where measurements are kept, with a bar for so many of them.
    pub(crate) fn cells(&self, count: usize, output: &Output) -> Result<Cells> {
        Cells::new(&self.folder.join("cells"), count, output)
    }

    /// The path of a file that the experiment writes, such as a plot.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        Path::join(&self.folder, name)
    }

    /// Writes the page and results.json, and shows the page.
    pub(crate) fn write(
        &self,
        name: &str,
        page: &str,
        results: &impl Serialize,
        output: &Output,
    ) -> Result<()> {
        write_json(&self.file("results.json"), results)?;
        ess_files::write_atomically(&self.file(name), |out| out.write_all(page.as_bytes()))?;
        show(page);
        output.write(results)
    }
}
