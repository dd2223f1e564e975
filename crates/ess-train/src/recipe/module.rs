//! One trainable module.

use burn::tensor::Device;
use ess_search::TrainableModule;

use super::{Recipe, Trained, TrainingRecord};
use crate::{
    DevSet, Error, Items, JointPart, QuerySet, Stop, Trainer, TrainerConfig, joint_part::ModulePart,
};

/// One trainable module, from its config.
///
/// Runnable at [`Trainer::fit`].
#[derive(Clone, Debug)]
pub struct ModuleRecipe<M: TrainableModule> {
    start: Start<M, M::Config>,
}

/// What training begins with.
#[derive(Clone, Debug)]
enum Start<M, C> {
    Config(C),
    Module(Box<M>),
}

impl<M: TrainableModule> ModuleRecipe<M> {
    /// Trains a module of this config.
    pub fn new(config: M::Config) -> Self {
        Self { start: Start::Config(config) }
    }

    /// Trains on from this module: the upper layers of a split encoder, or a module trained for another task.
    ///
    /// [`TrainerConfig::weight_decay`](crate::TrainerConfig::weight_decay) pulls parameters to zero, not to where they
    /// started; for a module whose zero is not the identity it should be 0 or small.
    pub fn from_module(module: M) -> Self {
        Self { start: Start::Module(Box::new(module)) }
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

impl<M: TrainableModule> Recipe<M::Encoding> for ModuleRecipe<M> {
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
}
