//! The flags that all experiments on data sets have.

use anyhow::Result;
use clap::Args;

use crate::data::{
    data_set_argument::{DataSetArgument, no_name_twice},
    dataset::RankingArguments,
};

use super::{data_set::DataSet, run_arguments::RunArguments, source::Source, started::Started};

/// On what an experiment is made, with which seeds, and where its page goes.
#[derive(Args)]
pub(crate) struct ExperimentArguments {
    #[arg(long, value_name = DataSet::FORM, help = DataSet::HELP, value_parser = DataSet::parse, required = true)]
    data: Vec<DataSet>,
    #[command(flatten)]
    ranked: RankingArguments,
    #[command(flatten)]
    run: RunArguments,
}

impl ExperimentArguments {
    /// Checks the flags, and keeps others from writing to the folder.
    pub(super) fn start(&self) -> Result<Started> {
        no_name_twice(&self.data)?;
        self.run.start(|| self.data.iter().map(|data| self.source(data)).collect())
    }

    /// A data set that is ranked as those of `--data` are.
    pub(super) fn source(&self, data: &DataSet) -> Result<Source> {
        let mut data = data.clone();
        data.rank_as(self.ranked);
        Source::new(data, self.run.seed())
    }
}
