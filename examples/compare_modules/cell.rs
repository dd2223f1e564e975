//! One system on one data set: trained, measured, and kept.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::Device;
use cpu_time::ProcessTime;
use ess_core::{Identity, SearchModule};
use ess_index::FlatIndex;
use ess_metrics::Bootstrap;
use ess_search::{ItemSide, TwoSided};
use ess_train::{FitReport, Items, Progress, RecipeConfig, Returned, Trainer, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::{
    data_set::{DataSet, Opened},
    system::System,
};

/// What a cell is of.
pub(crate) struct Wanted<'a> {
    pub(crate) data: &'a DataSet,
    pub(crate) system: &'a System,
    pub(crate) trainer: &'a TrainerConfig,
}

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
    /// nDCG@10 and recall@100 on test of the trained module, whether or not it was returned.
    pub(crate) ndcg: f64,
    pub(crate) recall: f64,
    /// The difference to the frozen encoder's nDCG@10, and its paired 95 % bootstrap interval.
    pub(crate) difference: f64,
    pub(crate) interval: [f64; 2],
    /// Whether dev showed that it is better than the frozen encoder, so that it was returned.
    pub(crate) returned: bool,
    pub(crate) parameters: usize,
    pub(crate) cpu_seconds: f64,
    /// What the fit said; none for the frozen encoder.
    report: Option<FitReport>,
}

struct Trained {
    sides: TwoSided,
    report: Option<FitReport>,
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
            (&cell.data, &cell.system, &cell.trainer) == (wanted.data, wanted.system, wanted.trainer)
        }))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        ess_examples::write_json(path, self)
    }
}

impl Wanted<'_> {
    /// Trains the system and measures it on test.
    pub(crate) fn measure(&self, data: &Opened, device: &Device) -> Result<Cell> {
        let outcome = match self.train_and_measure(data, device) {
            Ok(measured) => Outcome::Measured(Box::new(measured)),
            // A kind that these embeddings do not suit, such as one that reads several layers.
            Err(error) if error.downcast_ref::<ess_train::Error>().is_some() => {
                Outcome::Impossible(format!("{error:#}"))
            }
            Err(error) => return Err(error),
        };
        let (data, system) = (self.data.clone(), self.system.clone());
        Ok(Cell { data, system, trainer: self.trainer.clone(), outcome })
    }

    fn train_and_measure(&self, data: &Opened, device: &Device) -> Result<Measured> {
        let items = Items::new(data.dataset.items(), device);
        let started = ProcessTime::now();
        let trained = self.train(data, &items)?;
        let cpu_seconds = started.elapsed().as_secs_f64();
        let identity = Identity::new(data.dataset.items().dim());
        let index = FlatIndex::new(data.dataset.items().clone())?;
        let measure = |index: &FlatIndex, module: &dyn SearchModule| {
            let run = ess_examples::search(&data.dataset, index, &data.test, "run", module)?;
            ess_examples::evaluate(&data.test, &run)
        };
        let moved = trained.sides.map_items(data.dataset.items())?.map(FlatIndex::new).transpose()?;
        let found = measure(moved.as_ref().unwrap_or(&index), &trained.sides.query_side())?;
        let frozen = measure(&index, &identity)?;
        let values = |evaluation: &ess_metrics::Evaluation| -> Result<Vec<f64>> {
            let of_measure = evaluation.measures().iter().find(|values| values.measure == "ndcg@10");
            Ok(of_measure.context("nDCG@10 is measured")?.per_query.clone())
        };
        let (values, frozen) = (values(&found)?, values(&frozen)?);
        let bootstrap = Bootstrap { seed: self.trainer.seed, ..Bootstrap::default() };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let floor = trained.report.as_ref().map(|report| report.floor.returned);
        Ok(Measured {
            queries: values.len(),
            ndcg: mean(&values),
            recall: found.mean("recall@100")?,
            difference: mean(&values) - mean(&frozen),
            interval: bootstrap.difference_interval(&frozen, &values, 0.95)?,
            returned: floor != Some(Returned::Identity),
            parameters: trained.report.as_ref().map_or(0, |report| report.parameters),
            cpu_seconds,
            report: trained.report,
        })
    }

    fn train(&self, data: &Opened, items: &Items<'_>) -> Result<Trained> {
        let seed = self.trainer.seed.wrapping_add(self.system.seed());
        let config = TrainerConfig { seed, refit: self.system.refit(), ..self.trainer.clone() };
        let trainer = Trainer::new(config)?.with_progress(Progress::Silent);
        let dim = data.dataset.items().dim();
        let (train, dev) = (&data.train.set, &data.dev.set);
        Ok(match self.system {
            System::Frozen => {
                let identity = Box::new(Identity::new(dim));
                Trained { sides: TwoSided::new(identity, ItemSide::Frozen)?, report: None }
            }
            System::Recipe { recipe, .. } | System::Member { recipe, .. } => {
                let recipe = recipe.build(dim, dim, self.trainer.seed)?;
                let fitted = trainer.fit(&*recipe, items, train, dev)?;
                let sides = TwoSided::new(fitted.trained, ItemSide::Frozen)?;
                Trained { sides, report: Some(fitted.report) }
            }
            System::Sides { sides, .. } => {
                let linear = RecipeConfig::default().build(dim, dim, self.trainer.seed)?;
                let fitted = trainer.fit_sides(sides, &*linear, items, train, dev)?;
                Trained { sides: fitted.trained, report: Some(fitted.report) }
            }
        })
    }
}
