//! A module that is there already, trained on.

use std::sync::Arc;

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{AnyModule, DeviceEncoding, PersistentModule, TrainableModule};

use super::{Recipe, Trained, TrainingRecord};
use crate::{
    DevSet, Error, Items, JointPart, QuerySet, Stop, Trainer, TrainerConfig, joint_part::ModulePart,
};

/// Trains a given module on: one that was made of parts, or loaded from elsewhere.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::{AnyModule, Linear, LinearConfig, OnDevice, PersistentModule, Registry, TrainableModule};
/// use ess_train::StartRecipe;
///
/// let device = Device::flex();
/// let saved = OnDevice::new(Linear::init(&LinearConfig::new(3, 3), &device)?, &device).to_state()?;
/// let module: AnyModule = Registry::default().trainable(&saved, &device)?; // or ModuleState::load(folder)?
/// let recipe = StartRecipe::new(module);
/// # let _: &dyn ess_train::Recipe = &recipe;
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct StartRecipe<M: TrainableModule = AnyModule<Embeddings>> {
    module: M,
    floor: Option<Arc<dyn PersistentModule<M::Encoding>>>,
}

impl<M: TrainableModule> StartRecipe<M> {
    /// Trains this module on, each time anew from where it stands.
    pub fn new(module: M) -> Self {
        Self { module, floor: None }
    }

    /// The module that ranks as the frozen encoder does, where the encodings do not know one.
    #[must_use]
    pub fn with_floor(mut self, floor: Arc<dyn PersistentModule<M::Encoding>>) -> Self {
        self.floor = Some(floor);
        self
    }

    fn run(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        stop: &Stop<'_, '_, M::Encoding>,
    ) -> Result<Trained<M::Encoding>, Error> {
        let (module, curve) = trainer.train(self.module.clone(), items, queries, stop)?;
        Ok(Trained { module: Box::new(module), record: TrainingRecord::of_run(curve) })
    }
}

impl<M: TrainableModule> Recipe<M::Encoding> for StartRecipe<M>
where
    M::Encoding: DeviceEncoding + 'static,
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
        Ok(Some(Box::new(ModulePart::new(self.module.clone(), config, device))))
    }

    fn floor(&self) -> Option<Box<dyn PersistentModule<M::Encoding>>> {
        Some(Box::new(self.floor.clone()?))
    }
}
