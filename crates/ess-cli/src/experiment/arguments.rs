//! The flags that all experiments have.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use ess_files::FolderLock;

use crate::{
    arguments::paths,
    data::{data_set_argument::DataSetArgument, dataset::RankingArguments},
};

use super::{data_set::DataSet, source::Source, started::Started};

/// On what an experiment is made, with which seeds, and where its page goes.
#[derive(Args)]
pub(crate) struct ExperimentArguments {
    #[arg(long, value_name = DataSet::FORM, help = DataSet::HELP, value_parser = DataSet::parse, required = true)]
    data: Vec<DataSet>,
    #[command(flatten)]
    ranked: RankingArguments,
    /// Seeds that each module is trained with, from --seed on; figures are their means.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

impl ExperimentArguments {
    /// Checks the flags, and keeps others from writing to the folder.
    pub(super) fn start(&self) -> Result<Started> {
        ensure!((1..=1000).contains(&self.seeds), "--seeds: expected 1 to 1000, found {}", self.seeds);
        for (at, set) in self.data.iter().enumerate() {
            // Their measurements would be kept in the same files.
            let again = self.data[..at].iter().any(|other| other.name() == set.name());
            ensure!(!again, "--data: two data sets are called {:?}", set.name());
        }
        let lock = FolderLock::acquire(&self.out)?;
        let seed = self.seed.unwrap_or(0);
        let sources = self.data.iter().map(|data| self.source(data)).collect::<Result<_>>()?;
        let seeds = (0..self.seeds).map(|more| seed.wrapping_add(more)).collect();
        Ok(Started { sources, seed, seeds, folder: self.out.clone(), lock })
    }

    /// A data set that is ranked as those of `--data` are.
    pub(super) fn source(&self, data: &DataSet) -> Result<Source> {
        let mut data = data.clone();
        data.rank_as(self.ranked);
        Source::new(data, self.seed.unwrap_or(0))
    }
}
