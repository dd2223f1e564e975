//! One trainable module.

use std::sync::Arc;

use burn::tensor::Device;
use ess_search::{PersistentModule, TrainableModule};

use super::{Recipe, Trained, TrainingRecord};
use crate::{
    DevSet, Error, Items, JointPart, QuerySet, Stop, Trainer, TrainerConfig, joint_part::ModulePart,
};

/// One trainable module: from its config, as at [`Trainer::fit`], or on from where a module stands that was made of parts
/// or loaded from elsewhere.
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
    start: Start<M, M::Config>,
    floor: Option<Arc<dyn PersistentModule<M::Encoding>>>,
}

/// What training begins with.
#[derive(Clone)]
enum Start<M, C> {
    Config(C),
    Module(Box<M>),
}

impl<M: TrainableModule> ModuleRecipe<M> {
    /// Trains a module of this config.
    pub fn new(config: M::Config) -> Self {
        Self { start: Start::Config(config), floor: None }
    }

    /// Trains on from this module, each time anew from where it stands: the upper layers of a split encoder, or a module trained for another task.
    ///
    /// [`TrainerConfig::weight_decay`](crate::TrainerConfig::weight_decay) pulls parameters to zero, not to where they
    /// started; for a module whose zero is not the identity it should be 0 or small.
    pub fn from_module(module: M) -> Self {
        Self { start: Start::Module(Box::new(module)), floor: None }
    }

    /// The module that ranks as the frozen encoder does, where the encodings do not know one.
    #[must_use]
    pub fn with_floor(mut self, floor: Arc<dyn PersistentModule<M::Encoding>>) -> Self {
        self.floor = Some(floor);
        self
    }

    fn untrained(&self, device: &Device) -> Result<M, Error> {
        Ok(match &self.start {
            Start::Config(config) => M::init(config, device)?,
            Start::Module(module) => (**module).clone(),
        })
    }

    fn run(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        stop: &Stop<'_, '_, M::Encoding>,
    ) -> Result<Trained<M::Encoding>, Error> {
        let module = self.untrained(items.device())?;
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

    fn joint_part(
        &self,
        config: &TrainerConfig,
        device: &Device,
    ) -> Result<Option<Box<dyn JointPart<M::Encoding>>>, Error> {
        let module = self.untrained(device)?;
        Ok(Some(Box::new(ModulePart::new(module, config, device))))
    }

    fn floor(&self) -> Option<Box<dyn PersistentModule<M::Encoding>>> {
        Some(Box::new(self.floor.clone()?))
    }
}
