//! What one class of searching modules makes of frozen encodings.

use anyhow::{Result, ensure};
use cpu_time::ProcessTime;
use ess_core::SearchModule;
use ess_diagnostics::InformationBound;
use ess_index::FlatIndex;
use ess_kit::Training;
use ess_train::{Progress, Returned, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::{
    data::split_data_set::Opened,
    experiment::quality::{ndcg, seen},
};

use super::geometry::{information, paired, pairs};

/// A class of modules on one data set, with one seed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Searching {
    pub(super) parameters: usize,
    /// nDCG@10 of each test query by the trained module, whether or not it was returned.
    pub(super) trained: Vec<f64>,
    /// Whether the baseline guard returned it.
    pub(super) returned: bool,
    /// nDCG@10 of each test query by a module of the same class that was fitted to these queries, without decay.
    pub(super) fitted_on_test: Vec<f64>,
    /// Which test queries have a relevant item that training queries had too.
    // What earlier versions kept as `seen` was in another order.
    #[serde(rename = "seen_by_id")]
    pub(super) seen: Vec<bool>,
    /// Of the pairs of the frozen encodings, with the trained module's queries; none for fewer than 8.
    pub(super) information: Option<InformationBound>,
    /// What training took.
    pub(super) cpu_seconds: f64,
}

impl Searching {
    pub(super) fn measure(data: &Opened, class: &str, seed: u64, frozen: &[f64]) -> Result<Self> {
        let (dataset, test) = (&data.dataset, &data.test);
        ensure!(frozen.len() == test.ids.len(), "the kept figures are of other queries: give another --out");
        let settings = TrainerConfig { seed, ..TrainerConfig::default() };
        let training = Training::named(class)?.with_settings(settings).with_progress(Progress::Silent);
        let started = ProcessTime::now();
        let fitted = training.fit(dataset, &data.train, &data.dev)?;
        let cpu_seconds = started.elapsed().as_secs_f64();
        let told = training.with_settings(told(seed)).fit(dataset, test, test)?;
        let index = FlatIndex::new(dataset.items().clone())?;
        let [q, d] = paired(&fitted.trained.apply(test.set.encodings())?, dataset.items(), &pairs(test))?;
        Ok(Self {
            parameters: fitted.report.parameters,
            trained: ndcg(test, &*fitted.trained, &index, dataset.item_ids())?,
            returned: fitted.report.guard.returned != Returned::Identity,
            fitted_on_test: ndcg(test, &*told.trained, &index, dataset.item_ids())?,
            seen: seen(data),
            information: information(&q, &d),
            cpu_seconds,
        })
    }
}

/// How a class is fitted to the test queries: as far as it goes, without decay towards the identity. Nothing is held back: the steps
/// that are kept are the best on test.
fn told(seed: u64) -> TrainerConfig {
    let max_steps = 400;
    TrainerConfig { seed, weight_decay: 0.0, max_steps, patience: max_steps, ..TrainerConfig::default() }
}
