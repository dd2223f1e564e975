//! A trained module, shrunk towards the frozen encoder.

use std::sync::Arc;

use ess_core::Embeddings;
use ess_search::{DeviceEncoding, Interpolation, PersistentModule};

use super::{definition::Recipe, held_out, record::TrainingRecord, trained::Trained};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::definition::Trainer,
};

/// The weights that are tried on dev.
const WEIGHTS: [f32; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
/// The name of the weight among the settings of a record.
const WEIGHT: &str = "weight";

/// What another recipe trains, interpolated with the identity: `z = (1 − λ) q + λ f(q)`, with a given `λ` or the best of 0.1,
/// 0.2, … 1 on dev, on a tie the smallest.
///
/// ```
/// use ess_search::{Linear, LinearConfig};
/// use ess_train::{InterpolationRecipe, ModuleRecipe};
///
/// let linear = ModuleRecipe::<Linear>::new(LinearConfig::new(384, 384));
/// let recipe: InterpolationRecipe = InterpolationRecipe::new(linear, None)?;
/// # Ok::<(), ess_train::Error>(())
/// ```
pub struct InterpolationRecipe<E: DeviceEncoding + 'static = Embeddings> {
    recipe: Box<dyn Recipe<E>>,
    weight: Option<f32>,
}

impl<E: DeviceEncoding + 'static> InterpolationRecipe<E> {
    /// Interpolates what `recipe` trains, with this `λ` or the best on dev.
    ///
    /// # Errors
    /// [`Error::Config`] for a `λ` outside 0 to 1.
    pub fn new(recipe: impl Recipe<E> + 'static, weight: Option<f32>) -> Result<Self, Error> {
        if let Some(weight) = weight.filter(|weight| !(0.0..=1.0).contains(weight)) {
            let (name, expected) = ("weight of an interpolation", "between 0 and 1");
            return Err(Error::Config { name, expected, found: weight.to_string() });
        }
        Ok(Self { recipe: Box::new(recipe), weight })
    }

    fn between(
        &self,
        queries: &QuerySet<E>,
        module: &Arc<dyn PersistentModule<E>>,
        weight: f32,
    ) -> Result<Interpolation<E>, Error> {
        let identity = self.baseline().or_else(|| queries.encodings().identity(module.item_dim()));
        let identity = identity.ok_or(Error::NoIdentity)?;
        Ok(Interpolation::new(identity, Box::new(module.clone()), weight)?)
    }

    fn best(
        &self,
        queries: &QuerySet<E>,
        module: &Arc<dyn PersistentModule<E>>,
        dev: &DevSet<'_, E>,
    ) -> Result<f32, Error> {
        let mut best = (f64::NEG_INFINITY, 1.0);
        for weight in WEIGHTS {
            let value = dev.mean(&self.between(queries, module, weight)?)?;
            if value > best.0 {
                best = (value, weight);
            }
        }
        Ok(best.1)
    }

    /// The interpolation with this weight, and its record.
    fn weighed(
        &self,
        queries: &QuerySet<E>,
        module: Arc<dyn PersistentModule<E>>,
        weight: f32,
        part: TrainingRecord,
    ) -> Result<Trained<E>, Error> {
        let module = Box::new(self.between(queries, &module, weight)?);
        let own = TrainingRecord::of_settings([(WEIGHT, f64::from(weight))]);
        Ok(Trained { module, record: TrainingRecord { parts: vec![part], ..own } })
    }
}

impl<E: DeviceEncoding + 'static> Recipe<E> for InterpolationRecipe<E> {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        dev: &DevSet<'_, E>,
    ) -> Result<Trained<E>, Error> {
        let Trained { module, record } = self.recipe.train(trainer, items, queries, dev)?;
        let module: Arc<dyn PersistentModule<E>> = module.into();
        let weight = match self.weight {
            Some(weight) => weight,
            None => self.best(queries, &module, dev)?,
        };
        self.weighed(queries, module, weight, record)
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
    ) -> Result<Trained<E>, Error> {
        let weight = match self.weight {
            Some(weight) => weight,
            None => {
                let (most, held_out) = held_out::cut(queries, trainer.config().seed)?;
                let module = self.recipe.train_without_dev(trainer, items, &most)?.module.into();
                self.best(queries, &module, &DevSet::new(&held_out, items, trainer.config().measure)?)?
            }
        };
        let Trained { module, record } = self.recipe.train_without_dev(trainer, items, queries)?;
        self.weighed(queries, module.into(), weight, record)
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained<E>, Error> {
        let weight = record.setting(WEIGHT)?;
        let Trained { module, record } =
            self.recipe.refit(trainer, items, queries, record.part(0)?, growth)?;
        self.weighed(queries, module.into(), weight as f32, record)
    }

    fn baseline(&self) -> Option<Box<dyn PersistentModule<E>>> {
        self.recipe.baseline()
    }

    fn seeds(&self) -> u64 {
        self.recipe.seeds()
    }

    fn starts(&self) -> Vec<String> {
        self.recipe.starts()
    }

    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<Option<String>, Error> {
        let of = self.recipe.outcome(trainer, queries)?;
        Ok(of.map(|of| format!("interpolation {:?} of {of}", self.weight)))
    }

    fn check_queries(&self, queries: &QuerySet<E>) -> Result<(), Error> {
        self.recipe.check_queries(queries)
    }
}
