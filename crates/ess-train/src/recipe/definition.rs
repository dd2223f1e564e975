//! The trait of recipes.

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding};
use ess_search::{AnyModule, DeviceEncoding, PersistentModule};

use super::{record::TrainingRecord, trained::Trained};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::definition::Trainer,
};

/// A way to make a searching module from training queries.
pub trait Recipe<E: Encoding = Embeddings>: Send + Sync {
    /// Trains on `queries`, keeping what is best on `dev`.
    ///
    /// # Errors
    /// Those of [`Trainer::train`].
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        dev: &DevSet<'_, E>,
    ) -> Result<Trained<E>, Error>;

    /// Trains on `queries` where there are no dev queries to choose by.
    ///
    /// A module that is trained by gradient takes all of [`TrainerConfig::max_steps`](crate::TrainerConfig::max_steps). A fit
    /// with a closed form takes the first of its settings and the first of its shares. Weights of an interpolation and of an
    /// ensemble that are not given are chosen on a fifth of the training queries, with parts that did not see it.
    ///
    /// # Errors
    /// Those of [`Trainer::train`].
    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
    ) -> Result<Trained<E>, Error>;

    /// Trains again on more queries with the choices of `record`: the same settings, and the number of steps that were kept
    /// times `growth`, which is the new number of queries divided by the old.
    ///
    /// # Errors
    /// Those of [`Trainer::train`]; [`Error::Record`] for the record of another recipe.
    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained<E>, Error>;

    /// The module that ranks as the frozen encoder does, for encodings that have no identity of their own
    /// ([`DeviceEncoding::identity`](ess_search::DeviceEncoding::identity)).
    #[doc(alias = "floor")]
    fn baseline(&self) -> Option<Box<dyn PersistentModule<E>>> {
        None
    }

    /// The number of consecutive seeds that it uses, beginning with the trainer's: one for each run. A recipe made of others
    /// gives each of them a range of its own, so that no two runs share a seed.
    fn seeds(&self) -> u64 {
        1
    }

    /// A description of the starting values of each run, without the trainer's seed. Recipes that share an entry would start
    /// from the same values, so an ensemble gives them different seeds ([`Trainer::start_seed`]). Default: none. An ensemble
    /// gives such recipes different seeds as well.
    fn starts(&self) -> Vec<String> {
        Vec::new()
    }

    /// A text that determines the module which training on these queries gives. Two recipes with the same text train the same
    /// module, bit for bit, so an ensemble without bagging refuses them. `None` where random numbers are drawn during
    /// training, such as for the order of queries. Default: `None`.
    ///
    /// # Errors
    /// Those of making the module; [`Error::EqualMembers`] where training would refuse its runs or members for that.
    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<Option<String>, Error> {
        let _ = (trainer, queries);
        Ok(None)
    }

    /// Refuses queries that training would refuse for any items, before any work. An example is queries of different weights,
    /// for a fit that takes no weights. A recipe made of others asks each of them.
    ///
    /// # Errors
    /// [`Error::Unweighted`] for weights that would be ignored.
    fn check_queries(&self, queries: &QuerySet<E>) -> Result<(), Error> {
        let _ = queries;
        Ok(())
    }

    /// The untrained module, with `seed` added to its own seed, to be trained beside a map of the items. `None` for a recipe
    /// that is not one module trained by gradient.
    ///
    /// # Errors
    /// Those of making the module.
    fn single_module(&self, seed: u64, device: &Device) -> Result<Option<AnyModule<E>>, Error>
    where
        E: DeviceEncoding + 'static,
    {
        let _ = (seed, device);
        Ok(None)
    }
}

impl<E: Encoding, R: Recipe<E> + ?Sized> Recipe<E> for Box<R> {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        dev: &DevSet<'_, E>,
    ) -> Result<Trained<E>, Error> {
        (**self).train(trainer, items, queries, dev)
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
    ) -> Result<Trained<E>, Error> {
        (**self).train_without_dev(trainer, items, queries)
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained<E>, Error> {
        (**self).refit(trainer, items, queries, record, growth)
    }

    fn baseline(&self) -> Option<Box<dyn PersistentModule<E>>> {
        (**self).baseline()
    }

    fn seeds(&self) -> u64 {
        (**self).seeds()
    }

    fn starts(&self) -> Vec<String> {
        (**self).starts()
    }

    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<Option<String>, Error> {
        (**self).outcome(trainer, queries)
    }

    fn check_queries(&self, queries: &QuerySet<E>) -> Result<(), Error> {
        (**self).check_queries(queries)
    }

    fn single_module(&self, seed: u64, device: &Device) -> Result<Option<AnyModule<E>>, Error>
    where
        E: DeviceEncoding + 'static,
    {
        (**self).single_module(seed, device)
    }
}
