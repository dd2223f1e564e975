//! A data set on the command line, and opened.

use std::{path::PathBuf, str::FromStr};

use anyhow::{Context, Result, bail};
use ess_data::{cut_dev, read_qrels};
use ess_examples::{Dataset, JudgedQueries};
use serde::{Deserialize, Serialize};

/// Where a data set is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSet {
    pub(crate) name: String,
    embeddings: PathBuf,
    train: PathBuf,
    dev: Option<PathBuf>,
    test: PathBuf,
}

/// A data set in memory.
pub(crate) struct Opened {
    pub(crate) dataset: Dataset,
    pub(crate) train: JudgedQueries,
    pub(crate) dev: JudgedQueries,
    pub(crate) test: JudgedQueries,
}

impl FromStr for DataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("{text:?}: expected NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST");
        let (name, paths) = text.split_once('=').ok_or_else(expected)?;
        let [embeddings, train, dev, test] = paths.split(',').collect::<Vec<_>>()[..] else {
            return Err(expected());
        };
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c));
        if !plain || embeddings.is_empty() || train.is_empty() || test.is_empty() {
            return Err(expected());
        }
        Ok(Self {
            name: name.to_owned(),
            embeddings: embeddings.into(),
            train: train.into(),
            dev: (!dev.is_empty()).then(|| dev.into()),
            test: test.into(),
        })
    }
}

impl DataSet {
    pub(crate) fn open(&self, seed: u64) -> Result<Opened> {
        let dataset = Dataset::open(&self.embeddings)?;
        if dataset.query_dim() != dataset.items().dim() {
            bail!("queries and items differ in dimension, so there is no frozen encoder to compare with");
        }
        let (train, dev) = match &self.dev {
            Some(dev) => (dataset.judge_file(&self.train)?, dataset.judge_file(dev)?),
            None => {
                let (train, dev) = cut_dev(&read_qrels(&self.train)?, 0.2, seed)
                    .with_context(|| self.train.display().to_string())?;
                (dataset.judge(&train)?, dataset.judge(&dev)?)
            }
        };
        let test = dataset.judge_file(&self.test)?;
        Ok(Opened { dataset, train, dev, test })
    }
}
