//! A data set on the command line.

use std::{path::Path, str::FromStr};

use anyhow::Result;
use ess_files::Checksum;
use ess_kit::StoredEncoding;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::paths::Expected,
    data::{
        data_set_argument::DataSetArgument,
        dataset::RankingArguments,
        file_checksum::file_checksum,
        split_data_set::{Opened, SplitDataSet},
    },
};

use super::subject::Place;

/// Where a data set is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct DataSet(SplitDataSet);

impl FromStr for DataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = SplitDataSet::read(text, 0);
        read.map(|(split, _)| Self(split)).ok_or_else(|| format!("{text:?}: expected {}", Self::FORM))
    }
}

impl DataSetArgument for DataSet {
    const FORM: &'static str = SplitDataSet::FORM;
    const HELP: &'static str = "A data set: a folder with queries.safetensors and corpus.safetensors of one space, and judgements \
        for training, dev and test. Where DEV is empty, dev is a fifth of the training queries. May be given several times: other \
        data, or the same items by another encoder, which is then compared";

    fn name(&self) -> &str {
        &self.0.name
    }

    fn paths(&self) -> Vec<(Expected, &Path)> {
        self.0.paths()
    }

    fn rank_as(&mut self, ranked: RankingArguments) {
        self.0.ranked = ranked;
    }
}

impl Place for DataSet {
    fn name(&self) -> &str {
        &self.0.name
    }
}

impl DataSet {
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn embeddings(&self) -> &Path {
        &self.0.embeddings
    }

    /// The same queries and items with the embeddings of another folder.
    pub(crate) fn embedded_in(&self, folder: &Path) -> Self {
        let mut set = self.0.clone();
        folder.clone_into(&mut set.embeddings);
        Self(set)
    }

    /// One checksum of all its files.
    pub(crate) fn checksum(&self) -> Result<String> {
        let mut sums = String::new();
        for (_, path) in self.0.paths() {
            let stores = ["corpus.safetensors", "queries.safetensors"].map(|name| path.join(name));
            let files = if path.is_dir() { stores.to_vec() } else { vec![path.to_owned()] };
            for file in files {
                sums += &format!("{} ", file_checksum(&file)?);
            }
        }
        Ok(Checksum::of(sums.as_bytes()).to_string())
    }

    pub(crate) fn open(&self, seed: u64) -> Result<Opened> {
        self.0.open(seed)
    }

    /// With another encoding of the queries, from the same folder.
    pub(crate) fn open_as<E: StoredEncoding>(&self, seed: u64) -> Result<Opened<E>> {
        self.0.open_as(&self.0.embeddings, seed)
    }
}
