//! One system on one data set: trained, measured, and kept.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::Device;
use ess_metrics::{Bootstrap, RandomizationTest};
use ess_train::{FitReport, Returned, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::data::split_data_set::Opened;

use super::{data_set::DataSet, fitted::Fitting, system::System, wanted::Wanted};

/// What came of one system on one data set, and all that it depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) data: DataSet,
    pub(crate) system: System,
    trainer: TrainerConfig,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Measured(Box<Measured>),
    /// The system cannot be trained on these data.
    Impossible(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) queries: usize,
    /// The measure of the page and recall@100 on test of the trained module, whether or not it was returned.
    #[serde(alias = "ndcg")]
    pub(crate) value: f64,
    pub(crate) recall: f64,
    /// The difference of the value to the frozen encoder's, and its paired 95 % bootstrap interval; none where too few
    /// queries differ.
    pub(crate) difference: f64,
    pub(crate) interval: Option<[f64; 2]>,
    /// Whether dev showed that it is better than the frozen encoder, so that it was returned.
    pub(crate) returned: bool,
    pub(crate) parameters: usize,
    pub(crate) cpu_seconds: f64,
    /// What the fit said; none where nothing was trained.
    report: Option<FitReport>,
    /// The value of each test query, in the order of the judgements; none in results of earlier versions.
    #[serde(default)]
    pub(crate) by_query: Vec<f64>,
}

impl Cell {
    /// A result that is kept, if it is of just this.
    pub(crate) fn read(path: &Path, wanted: &Wanted<'_>) -> Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| path.display().to_string())?,
        };
        // One that does not parse is of another version of this program: it is measured again.
        let cell: Option<Self> = serde_json::from_str(&text).ok();
        Ok(cell.filter(|cell| {
            (&cell.system, &cell.trainer) == (wanted.system, wanted.trainer)
                && cell.data.is_same_for(wanted.system.reads(), wanted.data)
        }))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        crate::output::json::write_json(path, self)
    }
}

impl Wanted<'_> {
    /// Trains the system and measures it on test.
    pub(crate) fn measure(&self, data: &Opened, device: &Device) -> Result<Cell> {
        let outcome = match self.train_and_measure(data, device) {
            Ok(Some(measured)) => Outcome::Measured(Box::new(measured)),
            Ok(None) => Outcome::Impossible("their folder was not given with --data".to_owned()),
            // A kind that these embeddings do not suit, such as one that reads several layers.
            Err(error) if error.downcast_ref::<ess_train::Error>().is_some() => {
                Outcome::Impossible(format!("{error:#}"))
            }
            Err(error) => return Err(error),
        };
        let (data, system) = (self.data.clone(), self.system.clone());
        Ok(Cell { data, system, trainer: self.trainer.clone(), outcome })
    }

    /// None where the data have not what the system reads.
    fn train_and_measure(&self, data: &Opened, device: &Device) -> Result<Option<Measured>> {
        let fitting = Fitting::new(self, data, device)?;
        let Some(fitted) = fitting.run()? else {
            return Ok(None);
        };
        let (frozen, values) = (fitting.frozen()?.by_query, fitted.found.by_query);
        let bootstrap = Bootstrap { seed: self.trainer.seed, ..Bootstrap::default() };
        let returned = fitted.report.as_ref().map(|report| report.guard.returned);
        Ok(Some(Measured {
            queries: values.len(),
            value: mean(&values),
            recall: fitted.found.recall,
            difference: mean(&values) - mean(&frozen),
            interval: bootstrap.difference_interval(&frozen, &values, 0.95)?,
            returned: returned != Some(Returned::Identity),
            parameters: fitted.report.as_ref().map_or(0, |report| report.parameters),
            cpu_seconds: fitted.cpu_seconds,
            report: fitted.report,
            by_query: values,
        }))
    }
}

impl Measured {
    /// The difference to another system's value on the same queries; none where one of both was kept without its values.
    pub(crate) fn difference_to(&self, other: &Self, seed: u64) -> Option<Difference> {
        let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
        let test = RandomizationTest { seed, ..RandomizationTest::default() };
        let interval = bootstrap.difference_interval(&other.by_query, &self.by_query, 0.95).ok()?;
        let p = test.p_value(&other.by_query, &self.by_query).ok()?;
        Some(Difference { mean: self.value - other.value, interval, p })
    }
}

/// A paired difference of means, its 95 % bootstrap interval (none where too few queries differ), and the p-value of a
/// randomisation test.
#[derive(Clone, Copy)]
pub(crate) struct Difference {
    pub(crate) mean: f64,
    pub(crate) interval: Option<[f64; 2]>,
    pub(crate) p: f64,
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
