//! A data set on the command line, and opened.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Result, bail};
use ess_kit::{Dataset, JudgedQueries, StoredEncoding};
use serde::{Deserialize, Serialize};

use crate::{
    arguments::paths::{EMBEDDINGS, Expected, QRELS},
    data::{
        data_set_argument::DataSetArgument,
        dataset::{RankingArguments, judge_file_as, open_for_rankings, train_and_dev},
    },
};

use super::system::Reads;

/// Where a data set is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSet {
    pub(crate) name: String,
    embeddings: PathBuf,
    train: PathBuf,
    dev: Option<PathBuf>,
    test: PathBuf,
    /// The queries with their token states, beside the same items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    states: Option<PathBuf>,
    /// The queries with poolings of layers, beside the same items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layers: Option<PathBuf>,
    /// What the rankings that are measured have.
    #[serde(flatten)]
    ranked: RankingArguments,
}

/// A data set in memory.
pub(crate) struct Opened<E = ess_core::Embeddings> {
    pub(crate) dataset: Dataset,
    pub(crate) train: JudgedQueries<E>,
    pub(crate) dev: JudgedQueries<E>,
    pub(crate) test: JudgedQueries<E>,
}

impl FromStr for DataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("{text:?}: expected {}", Self::FORM);
        let (name, paths) = text.split_once('=').ok_or_else(expected)?;
        let mut paths = paths.split(',').collect::<Vec<_>>();
        if !(4..=6).contains(&paths.len()) {
            return Err(expected());
        }
        paths.resize(6, "");
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c));
        let given = |at: usize| Some(PathBuf::from(paths[at])).filter(|path| !path.as_os_str().is_empty());
        match (given(0), given(1), given(3)) {
            (Some(embeddings), Some(train), Some(test)) if plain => Ok(Self {
                name: name.to_owned(),
                embeddings,
                train,
                dev: given(2),
                test,
                states: given(4),
                layers: given(5),
                ranked: RankingArguments::default(),
            }),
            _ => Err(expected()),
        }
    }
}

impl DataSetArgument for DataSet {
    const FORM: &'static str = "NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST[,STATES_DIR[,LAYERS_DIR]]";
    const HELP: &'static str = "A data set: a folder with queries.safetensors and corpus.safetensors, and judgements for \
        training, dev and test. Where DEV is empty, dev is a fifth of the training queries. Two more folders may have the same \
        queries with token states and with poolings of layers (`encode --queries-only` with --states and with --layers), beside \
        the same items. May be given several times";

    fn paths(&self) -> Vec<(Expected, &Path)> {
        let folders = [Some(&*self.embeddings), self.states.as_deref(), self.layers.as_deref()];
        let judged = [Some(&*self.train), self.dev.as_deref(), Some(&*self.test)];
        let folders = folders.into_iter().flatten().map(|path| (EMBEDDINGS, path));
        folders.chain(judged.into_iter().flatten().map(|path| (QRELS, path))).collect()
    }

    fn rank_as(&mut self, ranked: RankingArguments) {
        self.ranked = ranked;
    }
}

impl DataSet {
    pub(crate) fn open(&self, seed: u64) -> Result<Opened> {
        let opened = self.open_as(&self.embeddings, seed)?;
        if opened.dataset.query_dim() != opened.dataset.items().dim() {
            bail!("queries and items differ in dimension, so there is no frozen encoder to compare with");
        }
        Ok(opened)
    }

    /// The same queries and items from a folder of another encoding of the queries.
    pub(crate) fn open_as<E: StoredEncoding>(&self, folder: &Path, seed: u64) -> Result<Opened<E>> {
        let dataset = open_for_rankings(folder, self.ranked)?;
        let [train, dev] = match &self.dev {
            Some(dev) => [judge_file_as(&dataset, &self.train)?, judge_file_as(&dataset, dev)?],
            None => train_and_dev(&dataset, &self.train, 0.2, seed)?,
        };
        let test = judge_file_as(&dataset, &self.test)?;
        Ok(Opened { dataset, train, dev, test })
    }

    /// The folder of what a system reads beside embeddings; none where it was not given, or is none.
    pub(crate) fn folder_of(&self, reads: Reads) -> Option<&Path> {
        match reads {
            Reads::Tokens => self.states.as_deref(),
            Reads::Layers => self.layers.as_deref(),
            Reads::FoundItems(_) => Some(&self.embeddings),
        }
    }

    /// Whether both are the same to a system: folders that it does not read may differ.
    pub(crate) fn is_same_for(&self, reads: Option<Reads>, other: &Self) -> bool {
        let plain = |set: &Self| Self { states: None, layers: None, ..set.clone() };
        let folder = |set: &Self| reads.and_then(|reads| set.folder_of(reads).map(Path::to_owned));
        plain(self) == plain(other) && folder(self) == folder(other)
    }
}
