//! Modules of sources, each trained where a measurement asks for it, and once.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use anyhow::{Result, ensure};
use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{ModuleState, PersistentModule, Registry};
use ess_train::{Items, Progress, RecipeConfig, Returned, Trainer, TrainerConfig};

use crate::{
    data::split_data_set::Opened,
    experiment::{
        sample::{Limits, Sample},
        started::Started,
    },
};

/// A trained module.
pub(super) struct Trained {
    pub(super) state: ModuleState,
    /// Whether the baseline guard returned it.
    pub(super) returned: bool,
}

impl Trained {
    pub(super) fn module(&self) -> Result<Box<dyn PersistentModule<Embeddings>>> {
        Ok(Registry::default().build(&self.state, &Device::flex())?)
    }
}

/// Which module: its kind, its sources and its seed.
type Key = (&'static str, Vec<usize>, u64);

/// The modules of an experiment's sources.
pub(super) struct Modules<'s> {
    started: &'s Started,
    limits: Limits,
    trained: RefCell<BTreeMap<Key, Rc<Trained>>>,
}

impl<'s> Modules<'s> {
    pub(super) fn new(started: &'s Started, limits: Limits) -> Self {
        Self { started, limits, trained: RefCell::default() }
    }

    /// The settings of training, but for the seed.
    pub(super) fn settings(&self) -> TrainerConfig {
        TrainerConfig::default()
    }

    pub(super) fn name(&self, at: usize) -> &str {
        self.started.sources[at].name()
    }

    /// A data set, which must be of the same encoder as the first.
    pub(super) fn open(&self, at: usize) -> Result<&Opened> {
        let opened = self.started.sources[at].open()?;
        let (first, dim) = (self.started.sources[0].open()?, opened.dataset.items().dim());
        let expected = first.dataset.items().dim();
        ensure!(
            dim == expected,
            "{}: expected embeddings of dimension {expected}, as {} has, found {dim}",
            self.name(at),
            self.name(0)
        );
        Ok(opened)
    }

    pub(super) fn sample(&self, at: usize, seed: u64) -> Result<Sample> {
        let data = self.open(at)?;
        Sample::of([&data.train.set, &data.dev.set], data.dataset.items(), self.limits, seed)
    }

    /// The module of a kind that was trained on these sources together.
    pub(super) fn of(&self, kind: &'static str, sources: &[usize], seed: u64) -> Result<Rc<Trained>> {
        let key = (kind, sources.to_vec(), seed);
        if let Some(trained) = self.trained.borrow().get(&key) {
            return Ok(trained.clone());
        }
        let samples = sources.iter().map(|&at| self.sample(at, seed)).collect::<Result<_>>()?;
        let trained = Rc::new(self.train(kind, &Sample::join(samples)?, seed)?);
        self.trained.borrow_mut().insert(key, trained.clone());
        Ok(trained)
    }

    fn train(&self, kind: &str, sample: &Sample, seed: u64) -> Result<Trained> {
        let trainer =
            Trainer::new(TrainerConfig { seed, ..self.settings() })?.with_progress(Progress::Silent);
        let dim = sample.items.dim();
        let recipe = RecipeConfig::named(kind)?.build(dim, dim, 0)?;
        let items = Items::new(&sample.items, &Device::flex());
        let fitted = trainer.fit(&*recipe, &items, &sample.train, &sample.dev)?;
        let returned = fitted.report.guard.returned != Returned::Identity;
        Ok(Trained { state: fitted.trained.to_state()?, returned })
    }
}
