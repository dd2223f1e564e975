//! The texts and judgements that a model of texts is trained on.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ess_metrics::Qrels;

use crate::data::judged_texts::train_and_dev;

use super::paths;

/// What a model of texts is trained on.
#[derive(Args)]
pub(crate) struct TrainingTexts {
    /// The texts of queries and items.
    #[arg(long, value_name = "DIR", value_parser = paths::BEIR.read())]
    pub(crate) beir: PathBuf,
    /// Training judgements, BEIR or TREC format.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    pub(crate) train: PathBuf,
    /// Dev judgements; without them, dev is cut from the training queries.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    pub(crate) dev: Option<PathBuf>,
    /// The share of training queries that becomes dev where there is no --dev.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", conflicts_with = "dev")]
    pub(crate) dev_share: f64,
}

impl TrainingTexts {
    /// The judgements to train on and dev, which is cut off by this seed where it has no file of its own.
    ///
    /// # Errors
    /// Those of [`train_and_dev`].
    pub(crate) fn train_and_dev(&self, seed: u64) -> Result<[Qrels; 2]> {
        train_and_dev(&self.train, self.dev.as_deref(), self.dev_share, seed)
    }
}
