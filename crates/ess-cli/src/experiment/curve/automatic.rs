//! Automatic choice as what learns.

use std::cell::OnceCell;

use anyhow::{Context, Result};
use ess_auto::{Auto, AutoConfig, Collection};
use ess_core::Encoding;
use ess_kit::Dataset;
use ess_train::Progress;
use serde_json::{Value, json};

use crate::{
    automatic::{collection, search_automatically, training_queries},
    data::{beir_texts::BeirTexts, parts::register_parts, split_data_set::Opened},
    experiment::{quality::ndcg_of_run, task::Trained, texts::Texts},
};

use super::{draw::Draw, learner::Learner};

/// Automatic choice on a data set: by embeddings alone or, given texts, with lexical search as well.
pub(super) struct Automatic<'a> {
    config: AutoConfig,
    texts: Option<&'a Texts>,
    prepared: OnceCell<Prepared>,
}

/// What all choices on a data set share.
struct Prepared {
    /// With the parts of the embeddings among the features.
    config: AutoConfig,
    collection: Collection,
    texts: Option<BeirTexts>,
}

impl<'a> Automatic<'a> {
    pub(super) fn new(config: &AutoConfig, texts: Option<&'a Texts>) -> Self {
        Self { config: config.clone(), texts, prepared: OnceCell::new() }
    }

    fn prepared(&self, dataset: &Dataset) -> Result<&Prepared> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let mut config = self.config.clone();
        config.features.extend(register_parts(dataset)?);
        let texts = self.texts.map(Texts::read).transpose()?;
        let collection = collection(dataset, texts.as_ref().into(), &config)?;
        Ok(self.prepared.get_or_init(|| Prepared { config, collection, texts }))
    }
}

impl Learner for Automatic<'_> {
    fn settings(&self) -> Value {
        json!({ "auto": self.config, "texts": self.texts.map(|texts| &texts.files) })
    }

    /// Chooses from the drawn queries alone. With dev queries, which are learned from too, the number of queries would not be
    /// that of the draw, and a null run would have something to learn from.
    fn learn(&self, data: &Opened, draw: Draw) -> Result<Trained> {
        let Prepared { config, collection, texts } = self.prepared(&data.dataset)?;
        let (train, texts) = (&data.train, texts.as_ref());
        let rows = draw.rows(train.set.len());
        let ids: Vec<String> = rows.iter().map(|&row| train.ids[row].clone()).collect();
        let tokens = train.tokens.as_ref().map(|tokens| tokens.select_rows(&rows)).transpose()?;
        let queries = training_queries(draw.queries(&train.set)?, tokens, &ids, texts)?;
        let config = AutoConfig { seed: draw.seed, ..config.clone() };
        let auto = Auto::new(config)?.with_progress(Progress::Silent);
        let (module, report) = auto.fit(collection, &queries, None, None)?;
        let searcher = module.bind(collection)?;
        let run = search_automatically(&searcher, collection, &data.test, texts.into(), "auto")?;
        let choice = texts.map_or(Some(&report.dense), |_| report.hybrid.as_ref());
        let choice = choice.context("a choice with texts")?;
        Ok(Trained {
            trained: ndcg_of_run(&data.test, &run)?,
            returned: choice.trial.is_some(),
            cpu_seconds: report.cpu_seconds,
        })
    }
}
