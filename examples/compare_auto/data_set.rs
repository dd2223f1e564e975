//! A data set on the command line, and opened.

use std::{path::PathBuf, str::FromStr};

use anyhow::Result;
use ess_auto::{AutoConfig, Collection};
use ess_examples::{BeirTexts, Dataset, JudgedQueries, collection};
use serde::{Deserialize, Serialize};

/// Where a data set is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSet {
    pub(crate) name: String,
    beir: PathBuf,
    embeddings: PathBuf,
    train: Option<PathBuf>,
    dev: Option<PathBuf>,
    test: PathBuf,
}

/// A data set in memory.
pub(crate) struct Opened {
    pub(crate) dataset: Dataset,
    pub(crate) texts: BeirTexts,
    pub(crate) collection: Collection,
    pub(crate) train: Option<JudgedQueries>,
    pub(crate) dev: Option<JudgedQueries>,
    pub(crate) test: JudgedQueries,
}

impl FromStr for DataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("{text:?}: expected NAME=BEIR_DIR,EMBEDDINGS_DIR,TRAIN,DEV,TEST");
        let (name, paths) = text.split_once('=').ok_or_else(expected)?;
        let [beir, embeddings, train, dev, test] = paths.split(',').collect::<Vec<_>>()[..] else {
            return Err(expected());
        };
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c));
        let dev_alone = train.is_empty() && !dev.is_empty();
        if !plain || beir.is_empty() || embeddings.is_empty() || test.is_empty() || dev_alone {
            return Err(expected());
        }
        let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        Ok(Self {
            name: name.to_owned(),
            beir: beir.into(),
            embeddings: embeddings.into(),
            train: path(train),
            dev: path(dev),
            test: test.into(),
        })
    }
}

impl DataSet {
    pub(crate) fn has_train(&self) -> bool {
        self.train.is_some()
    }

    /// Whether both have the same items, so that neither is new to what was trained on the other.
    pub(crate) fn shares_items(&self, other: &Self) -> bool {
        self.embeddings == other.embeddings || self.beir == other.beir
    }

    pub(crate) fn open(&self, config: &AutoConfig) -> Result<Opened> {
        let dataset = Dataset::open(&self.embeddings)?;
        let texts = BeirTexts::read(&self.beir)?;
        let judge = |path: &Option<PathBuf>| path.as_ref().map(|path| dataset.judge_file(path)).transpose();
        Ok(Opened {
            collection: collection(&dataset, Some(&texts), config)?,
            train: judge(&self.train)?,
            dev: judge(&self.dev)?,
            test: dataset.judge_file(&self.test)?,
            dataset,
            texts,
        })
    }
}
