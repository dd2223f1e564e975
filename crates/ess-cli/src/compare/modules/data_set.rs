//! A data set on the command line, with the richer encodings of its queries.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    arguments::paths::{EMBEDDINGS, Expected},
    data::{data_set_argument::DataSetArgument, dataset::RankingArguments, split_data_set::SplitDataSet},
};

use super::system::Reads;

/// Where a data set is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSet {
    #[serde(flatten)]
    pub(crate) split: SplitDataSet,
    /// The queries with their token states, beside the same items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    states: Option<PathBuf>,
    /// The queries with poolings of layers, beside the same items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layers: Option<PathBuf>,
}

impl FromStr for DataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("{text:?}: expected {}", Self::FORM);
        let (split, mut more) = SplitDataSet::read(text, 2).ok_or_else(expected)?;
        let (layers, states) = (more.pop().flatten(), more.pop().flatten());
        Ok(Self { split, states, layers })
    }
}

impl DataSetArgument for DataSet {
    const FORM: &'static str = "NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST[,STATES_DIR[,LAYERS_DIR]]";
    const HELP: &'static str = "A data set: a folder with queries.safetensors and corpus.safetensors, and judgements for \
        training, dev and test. Where DEV is empty, dev is a fifth of the training queries. Two more folders may have the same \
        queries with token states and with poolings of layers (`encode --queries-only` with --states and with --layers), beside \
        the same items. May be given several times";

    fn name(&self) -> &str {
        &self.split.name
    }

    fn paths(&self) -> Vec<(Expected, &Path)> {
        let richer = [&self.states, &self.layers].into_iter().flatten();
        self.split.paths().into_iter().chain(richer.map(|path| (EMBEDDINGS, &**path))).collect()
    }

    fn rank_as(&mut self, ranked: RankingArguments) {
        self.split.ranked = ranked;
    }
}

impl DataSet {
    /// The folder of what a system reads beside embeddings; none where it was not given, or is none.
    pub(crate) fn folder_of(&self, reads: Reads) -> Option<&Path> {
        match reads {
            Reads::Tokens => self.states.as_deref(),
            Reads::Layers => self.layers.as_deref(),
            Reads::FoundItems(_) => Some(&self.split.embeddings),
        }
    }

    /// Whether both are the same to a system: folders that it does not read may differ.
    pub(crate) fn is_same_for(&self, reads: Option<Reads>, other: &Self) -> bool {
        let folder = |set: &Self| reads.and_then(|reads| set.folder_of(reads).map(Path::to_owned));
        self.split == other.split && folder(self) == folder(other)
    }
}
