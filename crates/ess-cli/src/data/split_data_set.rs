//! A data set whose judgements are in three parts.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use ess_core::Embeddings;
use ess_kit::{Dataset, JudgedQueries, StoredEncoding};
use serde::{Deserialize, Serialize};

use crate::arguments::paths::{EMBEDDINGS, Expected, QRELS};

use super::dataset::{RankingArguments, judge_file_as, open_for_rankings, train_and_dev};

/// Where a data set and its judgements are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SplitDataSet {
    pub(crate) name: String,
    pub(crate) embeddings: PathBuf,
    train: PathBuf,
    dev: Option<PathBuf>,
    test: PathBuf,
    /// What the rankings that are measured have.
    #[serde(flatten)]
    pub(crate) ranked: RankingArguments,
}

/// A data set in memory.
pub(crate) struct Opened<E = Embeddings> {
    pub(crate) dataset: Dataset,
    pub(crate) train: JudgedQueries<E>,
    pub(crate) dev: JudgedQueries<E>,
    pub(crate) test: JudgedQueries<E>,
}

impl SplitDataSet {
    /// The parts of the text of a flag, with what may follow them.
    pub(crate) const FORM: &'static str = "NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST";

    /// Reads `NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST`, and gives it with the parts that follow, `more` at most. None for a text of
    /// another form.
    pub(crate) fn read(text: &str, more: usize) -> Option<(Self, Vec<Option<PathBuf>>)> {
        let (name, paths) = text.split_once('=')?;
        let mut parts = paths.split(',').map(|part| (!part.is_empty()).then(|| PathBuf::from(part)));
        let mut part = || parts.next();
        let (embeddings, train, dev, test) = (part()??, part()??, part()?, part()??);
        let mut others: Vec<_> = parts.collect();
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c));
        if !plain || others.len() > more {
            return None;
        }
        others.resize(more, None);
        let ranked = RankingArguments::default();
        Some((Self { name: name.to_owned(), embeddings, train, dev, test, ranked }, others))
    }

    /// The paths, each with what is to be there.
    pub(crate) fn paths(&self) -> Vec<(Expected, &Path)> {
        let judged = [Some(&*self.train), self.dev.as_deref(), Some(&*self.test)];
        let judged = judged.into_iter().flatten().map(|path| (QRELS, path));
        [(EMBEDDINGS, &*self.embeddings)].into_iter().chain(judged).collect()
    }

    /// Opens it, with queries and items of one space.
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
}
