//! The modules of all others in a mixture that the target's training queries weigh.

use anyhow::{Context, Result};
use burn::tensor::Device;
use ess_core::Embeddings;
use ess_index::FlatIndex;
use ess_search::{
    Averaging, Linear, LinearConfig, MixtureOfExperts, Part, PersistentModule, Registry, TrainableModule,
    WeightedEnsemble,
};
use ess_train::{Items, ModuleRecipe, Progress, Recipe, Returned, Trainer, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::experiment::quality::ndcg;

use super::modules::Modules;

/// The parameter of the weights in the state of a weighted ensemble.
const WEIGHTS: &str = "weights";

/// nDCG@10 of each test query of a target, by what the modules of all others make of it together with the frozen encoder. The modules
/// are frozen; the target's training queries teach nothing but how they are weighed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Mixture {
    /// With one weight a module.
    pub(super) weighted: Vec<f64>,
    /// With a gate that weighs them for each query.
    pub(super) gated: Vec<f64>,
    /// The shares of the modules in `weighted`, in the order of the data sets, and that of the frozen encoder, which is the last.
    pub(super) shares: Vec<f32>,
    /// Whether the baseline guard returned the first, and the second.
    pub(super) returned: [bool; 2],
}

impl Mixture {
    pub(super) fn measure(modules: &Modules<'_>, others: &[usize], target: usize, seed: u64) -> Result<Self> {
        let (data, device) = (modules.open(target)?, Device::flex());
        let dim = data.dataset.items().dim();
        let index = FlatIndex::new(data.dataset.items().clone())?;
        let frozen = Part::new("frozen", Linear::init(&LinearConfig::new(dim, dim), &device)?)?.frozen();
        let parts = parts(modules, others, seed)?;
        let members = parts.iter().cloned().chain([frozen]).collect();
        let weighted = WeightedEnsemble::new(members, Averaging::BeforeNormalization, &device)?;
        // The identity is an expert of its own.
        let gated = MixtureOfExperts::new(parts, seed, &device)?;
        let weighted = Fit::new(modules, target, ModuleRecipe::from_module(weighted), seed)?;
        let gated = Fit::new(modules, target, ModuleRecipe::from_module(gated), seed)?;
        let reached = |fit: &Fit| ndcg(&data.test, &*fit.module, &index, data.dataset.item_ids());
        Ok(Self {
            weighted: reached(&weighted)?,
            gated: reached(&gated)?,
            shares: shares(&*weighted.module)?,
            returned: [weighted.returned, gated.returned],
        })
    }
}

/// The linear module of each other data set, not to be trained further.
fn parts(modules: &Modules<'_>, others: &[usize], seed: u64) -> Result<Vec<Part>> {
    let part = |&at: &usize| {
        let trained = modules.of("linear", &[at], seed)?;
        let name = modules.name(at);
        let name = format!("of {name}");
        Ok(Part::from_state(name, &trained.state, &Registry::default(), &Device::flex())?.frozen())
    };
    others.iter().map(part).collect()
}

/// What the weights of an ensemble come to.
fn shares(module: &dyn PersistentModule<Embeddings>) -> Result<Vec<f32>> {
    let state = module.to_state()?;
    let weights = state.tensors.get(WEIGHTS).context("an ensemble has weights")?;
    let raised = weights.values().iter().map(|weight| (weight * WeightedEnsemble::GAIN).exp());
    let raised: Vec<f32> = raised.collect();
    let sum: f32 = raised.iter().sum();
    Ok(raised.iter().map(|value| value / sum).collect())
}

/// A mixture that was trained on a target.
struct Fit {
    module: Box<dyn PersistentModule<Embeddings>>,
    returned: bool,
}

impl Fit {
    fn new(modules: &Modules<'_>, target: usize, recipe: impl Recipe, seed: u64) -> Result<Self> {
        let sample = modules.sample(target, seed)?;
        let settings = TrainerConfig { seed, ..modules.settings() };
        let trainer = Trainer::new(settings)?.with_progress(Progress::Silent);
        let items = Items::new(&sample.items, &Device::flex());
        let fitted = trainer.fit(&recipe, &items, &sample.train, &sample.dev)?;
        let returned = fitted.report.guard.returned != Returned::Identity;
        Ok(Self { module: fitted.trained, returned })
    }
}
