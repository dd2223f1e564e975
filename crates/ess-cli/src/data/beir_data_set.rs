//! A data set with texts on the command line.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::arguments::paths::{BEIR, EMBEDDINGS, Expected, QRELS};

use super::{data_set_argument::DataSetArgument, dataset::RankingArguments};

/// Where a data set is: `NAME=BEIR_DIR,EMBEDDINGS_DIR,TRAIN,DEV,TEST`; TRAIN and DEV may be empty, and DEV is where TRAIN
/// is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BeirDataSet {
    /// What it is called.
    pub(crate) name: String,
    /// The folder with the texts.
    pub(crate) beir: PathBuf,
    /// The folder with `queries.safetensors` and `corpus.safetensors`.
    pub(crate) embeddings: PathBuf,
    /// Judgements to learn from.
    pub(crate) train: Option<PathBuf>,
    /// Judgements to choose by.
    pub(crate) dev: Option<PathBuf>,
    /// Judgements to measure by.
    pub(crate) test: PathBuf,
    /// What the rankings that are measured have.
    #[serde(flatten)]
    pub(crate) ranked: RankingArguments,
}

impl FromStr for BeirDataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("{text:?}: expected {}", Self::FORM);
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
            ranked: RankingArguments::default(),
        })
    }
}

impl DataSetArgument for BeirDataSet {
    const FORM: &'static str = "NAME=BEIR_DIR,EMBEDDINGS_DIR,TRAIN,DEV,TEST";
    const HELP: &'static str = "A data set: a BEIR folder with the texts, a folder with queries.safetensors and \
        corpus.safetensors, and judgements for training, dev and test. DEV may be empty; where TRAIN is empty, what needs no \
        training there is measured. May be given several times";

    fn name(&self) -> &str {
        &self.name
    }

    fn paths(&self) -> Vec<(Expected, &Path)> {
        let judged = [self.train.as_deref(), self.dev.as_deref(), Some(&*self.test)];
        let folders = [(BEIR, &*self.beir), (EMBEDDINGS, &*self.embeddings)];
        folders.into_iter().chain(judged.into_iter().flatten().map(|path| (QRELS, path))).collect()
    }

    fn rank_as(&mut self, ranked: RankingArguments) {
        self.ranked = ranked;
    }
}

impl BeirDataSet {
    /// Whether there is something to learn from.
    pub(crate) fn has_train(&self) -> bool {
        self.train.is_some()
    }

    /// Whether both have the same items, so that neither is new to what was trained on the other.
    pub(crate) fn shares_items(&self, other: &Self) -> bool {
        self.embeddings == other.embeddings || self.beir == other.beir
    }
}
