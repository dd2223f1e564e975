//! Judgements made of a cross-encoder's scores, by flags.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use ess_data::{QrelsFormat, write_qrels};
use ess_metrics::{Qrels, Run};

use crate::arguments::paths;

use super::thresholds::{Labels, Thresholds};

/// Which scores become judgements.
#[derive(Args)]
pub(super) struct LabelArguments {
    /// Also write judgements of what was read, for `ess train`: relevant and not relevant by the two flags below, and none between
    /// them. Those of --qrels stay as they are, whatever the cross-encoder says.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    pub(super) write_qrels: Option<PathBuf>,
    /// The minimum probability (the sigmoid of a score) of an item that is judged relevant.
    #[arg(long, default_value_t = 0.9, value_name = "PROBABILITY", requires = "write_qrels")]
    relevant_from: f64,
    /// The greatest probability of an item that is judged not relevant.
    #[arg(long, default_value_t = 0.1, value_name = "PROBABILITY", requires = "write_qrels")]
    irrelevant_to: f64,
}

impl LabelArguments {
    /// Refuses thresholds that are no probabilities, or that leave nothing apart.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.thresholds().are_apart(),
            "--irrelevant-to {}, --relevant-from {}: expected probabilities, the first below the second",
            self.irrelevant_to,
            self.relevant_from
        );
        Ok(())
    }

    /// Writes the judgements, if they are wanted.
    pub(super) fn write(&self, scored: &Run, judged: Option<&Qrels>) -> Result<Option<Labels>> {
        let Some(path) = &self.write_qrels else { return Ok(None) };
        let (qrels, labels) = self.thresholds().judge(scored, judged)?;
        write_qrels(path, &qrels, QrelsFormat::Beir)?;
        Ok(Some(labels))
    }

    fn thresholds(&self) -> Thresholds {
        Thresholds { relevant_from: self.relevant_from, irrelevant_to: self.irrelevant_to }
    }
}
