//! One trainable module.

use ess_search::TrainableModule;

use super::{Recipe, Trained, TrainingRecord};
use crate::{DevSet, Error, Items, QuerySet, Stop, Trainer};

/// One trainable module, from its config.
///
/// Runnable at [`Trainer::fit`].
#[derive(Clone, Debug)]
pub struct ModuleRecipe<M: TrainableModule> {
    config: M::Config,
}

impl<M: TrainableModule> ModuleRecipe<M> {
    /// Trains a module of this config.
    pub fn new(config: M::Config) -> Self {
        Self { config }
    }

    fn run(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<M::Encoding>,
        stop: &Stop<'_, '_, M::Encoding>,
    ) -> Result<Trained<M::Encoding>, Error> {
        let module = M::init(&self.config, items.device())?;
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
        let kept = record.curve.as_ref().map_or(trainer.config().max_steps, |curve| curve.kept_step);
        self.run(trainer, items, queries, &Stop::After((kept as f64 * growth).round() as usize))
    }
}
