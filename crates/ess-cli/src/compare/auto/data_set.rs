//! A data set, opened.

use std::path::PathBuf;

pub(crate) use crate::data::beir_data_set::BeirDataSet as DataSet;
use anyhow::Result;
use ess_auto::{AutoConfig, Collection};
use ess_kit::{Dataset, JudgedQueries};

use crate::{
    automatic::collection,
    data::{
        beir_texts::BeirTexts,
        dataset::{judge_file, open_for_rankings},
    },
};

/// A data set in memory.
pub(crate) struct Opened {
    pub(crate) dataset: Dataset,
    pub(crate) texts: BeirTexts,
    pub(crate) collection: Collection,
    pub(crate) train: Option<JudgedQueries>,
    pub(crate) dev: Option<JudgedQueries>,
    pub(crate) test: JudgedQueries,
}

impl Opened {
    pub(crate) fn open(data: &DataSet, config: &AutoConfig) -> Result<Self> {
        let dataset = open_for_rankings(&data.embeddings, data.ranked)?;
        let texts = BeirTexts::read(&data.beir)?;
        let judge = |path: &Option<PathBuf>| path.as_ref().map(|path| judge_file(&dataset, path)).transpose();
        Ok(Self {
            collection: collection(&dataset, Some(&texts).into(), config)?,
            train: judge(&data.train)?,
            dev: judge(&data.dev)?,
            test: judge_file(&dataset, &data.test)?,
            dataset,
            texts,
        })
    }
}
