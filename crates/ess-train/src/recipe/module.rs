//! One trainable module.

use std::sync::Arc;

use burn::tensor::Device;
use ess_search::{AnyModule, PersistentModule, TrainableModule};

use super::{copies, definition::Recipe, record::TrainingRecord, trained::Trained};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::{definition::Trainer, stop::Stop},
};

/// One trainable module: a new one from its config, as at [`Trainer::fit`], or a given one, made of parts or loaded, that is
/// trained further.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::{AnyModule, Linear, LinearConfig, OnDevice, PersistentModule, Registry, TrainableModule};
/// use ess_train::ModuleRecipe;
///
/// let device = Device::flex();
/// let saved = OnDevice::new(Linear::init(&LinearConfig::new(3, 3), &device)?, &device).to_state()?;
/// let module: AnyModule = Registry::default().trainable(&saved, &device)?; // or ModuleState::load(folder)?
/// let recipe = ModuleRecipe::from_module(module);
/// # let _: &dyn ess_train::Recipe = &recipe;
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone)]
pub struct ModuleRecipe<M: TrainableModule> {
    start: Start<M>,
    baseline: Option<Arc<dyn PersistentModule<M::Encoding>>>,
}

/// What training begins with.
#[derive(Clone)]
enum Start<M: TrainableModule> {
    Config(M::Config),
    Module(Box<M>),
    /// What makes it from a seed, and how it starts, as text.
    Seeded(Arc<Init<M>>, String),
}

/// A new module, its seed added to.
type Init<M> = dyn Fn(u64) -> Result<M, Error> + Send + Sync;

impl<M: TrainableModule> ModuleRecipe<M> {
    /// Trains a module of this config, with the trainer's seed added to its own.
    pub fn new(config: M::Config) -> Self {
        Self { start: Start::Config(config), baseline: None }
    }

    /// Trains this module further, such as the upper layers of a split encoder or a module of another task. Every training
    /// starts from this module, whatever the seed is.
    ///
    /// [`TrainerConfig::weight_decay`](crate::TrainerConfig::weight_decay) pulls parameters to zero, not to where they
    /// started; for a module whose zero is not the identity it should be 0 or small.
    pub fn from_module(module: M) -> Self {
        Self { start: Start::Module(Box::new(module)), baseline: None }
    }

    /// Trains what `init` makes of a number that is to be added to the module's seed; `start` says in words what it makes of
    /// 0.
    pub(crate) fn seeded(
        init: impl Fn(u64) -> Result<M, Error> + Send + Sync + 'static,
        start: String,
    ) -> Self {
        Self { start: Start::Seeded(Arc::new(init), start), baseline: None }
    }

    /// The module that ranks as the frozen encoder does, where the encodings do not know one.
    #[doc(alias = "with_floor")]
    #[must_use]
    pub fn with_baseline(mut self, baseline: Arc<dyn PersistentModule<M::Encoding>>) -> Self {
        self.baseline = Some(baseline);
        self
    }

    fn untrained(&self, seed: u64, device: &Device) -> Result<M, Error> {
        Ok(match &self.start {
            Start::Config(config) => M::init(&M::reseeded(config, seed), device)?,
            Start::Module(module) => (**module).clone(),
            Start::Seeded(init, _) => init(seed)?,
        })
    }

    fn run(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        stop: &Stop<'_, '_, M::Encoding>,
    ) -> Result<Trained<M::Encoding>, Error> {
        let module = self.untrained(trainer.start_seed(), items.device())?;
        let (module, curve) = trainer.train(module, items, queries, stop)?;
        Ok(Trained { module: Box::new(module), record: TrainingRecord::of_run(curve) })
    }
}

impl<M: TrainableModule> Recipe<M::Encoding> for ModuleRecipe<M>
where
    M::Encoding: 'static,
{
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        dev: &DevSet<'_, M::Encoding>,
    ) -> Result<Trained<M::Encoding>, Error> {
        self.run(trainer, items, queries, &Stop::OnDev(dev))
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
    ) -> Result<Trained<M::Encoding>, Error> {
        self.run(trainer, items, queries, &Stop::After(trainer.config().max_steps))
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained<M::Encoding>, Error> {
        self.run(trainer, items, queries, &Stop::After(record.steps(trainer, growth)))
    }

    fn starts(&self) -> Vec<String> {
        match &self.start {
            Start::Config(config) => {
                let config = serde_json::to_string(config).unwrap_or_default();
                vec![format!("{} {config}", M::KIND)]
            }
            Start::Module(_) => Vec::new(),
            Start::Seeded(_, start) => vec![start.clone()],
        }
    }

    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<M::Encoding>) -> Result<Option<String>, Error> {
        copies::outcome(self.untrained(trainer.start_seed(), &Device::flex())?, trainer, queries)
    }

    fn single_module(&self, seed: u64, device: &Device) -> Result<Option<AnyModule<M::Encoding>>, Error> {
        Ok(Some(AnyModule::new(self.untrained(seed, device)?)?))
    }

    fn baseline(&self) -> Option<Box<dyn PersistentModule<M::Encoding>>> {
        Some(Box::new(self.baseline.clone()?))
    }
}
