//! One choice, or several together, on the test queries of one data set: measured, and kept.

use std::path::Path;

use anyhow::Result;
use ess_auto::{AutoConfig, AutoModule, AutoSearcher};
use ess_core::Identity;
use ess_kit::{GroupGain, Leakage, near_duplicates};
use ess_metrics::{Bootstrap, NamedMeasure, RandomizationTest};
use serde::{Deserialize, Serialize};

use crate::{
    automatic::search_automatically,
    compare::measure,
    data::beir_texts::BeirTexts,
    output::{json::write_json, mean_interval::measure_interval},
};

use super::{
    choice::{Choice, Source},
    data_set::{DataSet, Opened},
};

/// What came of it, and what it depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    /// The names of the data sets that it was chosen on.
    pub(crate) chosen_on: Vec<String>,
    configs: Vec<AutoConfig>,
    pub(crate) target: DataSet,
    #[serde(default = "measure::of_earlier_results")]
    measure: NamedMeasure,
    pub(crate) frozen: Mean,
    pub(crate) dense: Gain,
    pub(crate) hybrid: Gain,
    /// Of a choice on its own data: test queries with a relevant item that training knew, and near duplicates.
    pub(crate) seen: usize,
    pub(crate) near_duplicates: usize,
}

/// How test queries are measured.
#[derive(Clone, Copy)]
pub(crate) struct Measuring {
    pub(crate) measure: NamedMeasure,
    /// Of the bootstrap and of the randomisation test.
    pub(crate) seed: u64,
}

/// The measure with its 95 % bootstrap interval; none where values of a measure without ends are too few or too alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mean {
    #[serde(alias = "ndcg")]
    pub(crate) value: f64,
    pub(crate) ci95: Option<[f64; 2]>,
    pub(crate) queries: usize,
}

/// A system against the frozen encoder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gain {
    pub(crate) mean: Mean,
    /// The paired difference, its interval (none where too few queries differ), and the p-value of a randomisation test.
    pub(crate) gain: f64,
    pub(crate) ci95: Option<[f64; 2]>,
    pub(crate) p: f64,
    /// On queries with known items, and with new ones.
    pub(crate) groups: [Option<GroupGain>; 2],
}

impl Cell {
    /// Takes the result that is kept, if it is of just this, or measures.
    pub(crate) fn make(
        choices: &[&Choice],
        target: &Source<'_>,
        path: &Path,
        measuring: Measuring,
    ) -> Result<Self> {
        let chosen_on: Vec<String> = choices.iter().map(|choice| choice.name().to_owned()).collect();
        let configs: Vec<AutoConfig> = choices.iter().map(|choice| choice.config.clone()).collect();
        let kept = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let same = |kept: &Self| {
            (&kept.chosen_on, &kept.configs, &kept.target, kept.measure)
                == (&chosen_on, &configs, target.data, measuring.measure)
        };
        if let Some(kept) = kept.filter(same) {
            return Ok(kept);
        }
        let Measuring { measure, seed } = measuring;
        let modules: Vec<AutoModule> = choices.iter().map(|choice| choice.module()).collect::<Result<_>>()?;
        let opened = target.opened()?;
        let own = choices.len() == 1 && choices[0].data().shares_items(target.data);
        let searcher = match &modules[..] {
            [module] => module.bind(&opened.collection)?,
            several => AutoSearcher::of_several(several, &opened.collection)?,
        };
        let measured = Measured::of(&searcher, opened, measure)?;
        let cell = Self {
            chosen_on,
            configs,
            target: target.data.clone(),
            measure,
            frozen: measured.mean(&measured.frozen, seed)?,
            dense: measured.gain(&measured.dense, seed)?,
            hybrid: measured.gain(&measured.hybrid, seed)?,
            seen: if own { measured.leakage.seen() } else { 0 },
            near_duplicates: if own { measured.near_duplicates } else { 0 },
        };
        write_json(path, &cell)?;
        Ok(cell)
    }
}

impl Cell {
    /// CPU-seconds that the (first) choice could spend.
    pub(crate) fn budget(&self) -> f64 {
        self.configs.first().map_or(0.0, |config| config.budget_seconds)
    }
}

/// The measure by query.
struct Measured {
    measure: NamedMeasure,
    frozen: Vec<f64>,
    dense: Vec<f64>,
    hybrid: Vec<f64>,
    leakage: Leakage,
    near_duplicates: usize,
}

impl Measured {
    fn of(searcher: &AutoSearcher<'_>, opened: &Opened, measure: NamedMeasure) -> Result<Self> {
        let (test, index) = (&opened.test, opened.collection.index());
        let identity = Identity::new(opened.dataset.items().dim());
        let run = opened.dataset.search("frozen", &identity, index, test)?;
        let (queries, frozen) = measure::by_query(measure, test, &run)?;
        let chosen = |texts: Option<&BeirTexts>| -> Result<Vec<f64>> {
            let run = search_automatically(searcher, &opened.collection, test, texts.into(), "auto")?;
            Ok(measure::by_query(measure, test, &run)?.1)
        };
        let learned: Vec<_> = opened.train.iter().chain(&opened.dev).collect();
        let qrels: Vec<_> = learned.iter().map(|queries| &queries.qrels).collect();
        let encodings: Vec<_> = learned.iter().map(|queries| queries.set.encodings()).collect();
        Ok(Self {
            measure,
            leakage: Leakage::new(&qrels, &test.qrels, &queries),
            near_duplicates: near_duplicates(&encodings, test.set.encodings())?,
            frozen,
            dense: chosen(None)?,
            hybrid: chosen(Some(&opened.texts))?,
        })
    }

    fn mean(&self, values: &[f64], seed: u64) -> Result<Mean> {
        let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
        let value = values.iter().sum::<f64>() / values.len() as f64;
        Ok(Mean { value, ci95: measure_interval(&bootstrap, self.measure, values)?, queries: values.len() })
    }

    fn gain(&self, values: &[f64], seed: u64) -> Result<Gain> {
        let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
        let test = RandomizationTest { seed, ..RandomizationTest::default() };
        let mean = self.mean(values, seed)?;
        Ok(Gain {
            mean,
            gain: mean.value - self.mean(&self.frozen, seed)?.value,
            ci95: bootstrap.difference_interval(&self.frozen, values, 0.95)?,
            p: test.p_value(&self.frozen, values)?,
            groups: self.leakage.gains(&self.frozen, values, &bootstrap)?,
        })
    }
}
