//! The flags that all comparisons have.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use ess_files::FolderLock;
use ess_metrics::NamedMeasure;

use crate::{
    arguments::paths,
    data::{
        data_set_argument::{DataSetArgument, no_name_twice},
        dataset::RankingArguments,
    },
    output::{files::OutputLocks, options::Output},
};

use super::measure;

/// What is compared on, and where the page and the results go.
#[derive(Args)]
pub(crate) struct ComparisonArguments<D: DataSetArgument> {
    #[arg(long, value_name = D::FORM, help = D::HELP, value_parser = D::parse, required = true)]
    data: Vec<D>,
    #[command(flatten)]
    ranked: RankingArguments,
    /// The measure of the page, such as recall@100 or mrr(rel=2)@10: any of `evaluate --measure` whose value is the mean over
    /// the queries.
    #[arg(long, value_name = "MEASURE", value_parser = measure::averaged, default_value = measure::DEFAULT)]
    pub(super) measure: NamedMeasure,
    /// The folder that results are kept in, told apart by paths and settings: give another one when files of embeddings
    /// have changed [default: that of --out, with the ending .cells].
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    cells: Option<PathBuf>,
    /// The seed of every random step; it wins over that of a settings file [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// The Markdown file to write.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    pub(super) out: PathBuf,
}

impl<D: DataSetArgument> ComparisonArguments<D> {
    /// The data sets, in the order given.
    ///
    /// # Errors
    /// Where two have one name.
    pub(super) fn data_sets(&self) -> Result<Vec<D>> {
        no_name_twice(&self.data)?;
        let mut data = self.data.clone();
        data.iter_mut().for_each(|data| data.rank_as(self.ranked));
        Ok(data)
    }

    /// The seed of what has none of its own.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// The seed, where the command line has one.
    pub(super) fn given_seed(&self) -> Option<u64> {
        self.seed
    }

    /// The folder that results are kept in.
    pub(super) fn cells(&self) -> PathBuf {
        self.cells.clone().unwrap_or_else(|| self.out.with_extension("cells"))
    }

    /// Keeps others from writing the same page, the plot beside it or the same results. To be taken before the work, so that a second one is told
    /// at once and not after it.
    pub(super) fn lock(&self, plot: Option<&Path>, output: &Output) -> Result<(OutputLocks, FolderLock)> {
        let plot = plot.map(|path| ("the plot", path));
        let outputs: Vec<_> = [("--out", &*self.out)].into_iter().chain(plot).collect();
        Ok((output.lock_files(&outputs)?, FolderLock::acquire(&self.cells())?))
    }

    /// Writes the page and shows it.
    pub(super) fn write(&self, page: &str) -> Result<()> {
        ess_files::write_atomically(&self.out, |out| out.write_all(page.as_bytes()))?;
        crate::output::terminal::show(page);
        Ok(())
    }
}
