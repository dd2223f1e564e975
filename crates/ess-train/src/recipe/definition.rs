//! The trait of recipes.

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding};
use ess_search::{AnyModule, DeviceEncoding, PersistentModule};

use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::{record::TrainingRecord, trained::Trained},
    trainer::definition::Trainer,
};

/// How a searching module comes from training queries.
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
    /// What is trained by gradient takes all of [`TrainerConfig::max_steps`](crate::TrainerConfig::max_steps). A fit with a
    /// closed form takes the first of its settings and the first of its shares. Weights that are not given (those of an
    /// interpolation and of an ensemble) are chosen on a fifth of the training queries, with parts that did not see it.
    ///
    /// # Errors
    /// Those of [`Trainer::train`].
    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
    ) -> Result<Trained<E>, Error>;

    /// Trains again on more queries, with what `record` says was chosen: the steps that were kept, times `growth`, the
    /// new number of queries over the old; the same settings.
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

    /// The module that ranks as the frozen encoder does, where the encodings themselves do not know one
    /// ([`DeviceEncoding::identity`](ess_search::DeviceEncoding::identity)).
    #[doc(alias = "floor")]
    fn baseline(&self) -> Option<Box<dyn PersistentModule<E>>> {
        None
    }

    /// How many seeds it uses, from the trainer's own upwards: 1, or as many as there are runs for a recipe of several. A
    /// recipe made of others leaves each so many, so that no two of their runs share one.
    fn seeds(&self) -> u64 {
        1
    }

    /// What its modules start from, one entry for each of its runs, without the trainer's seed: recipes that share an entry
    /// would start from the same values, so an ensemble gives them different seeds
    /// ([`Trainer::start_seed`]). Nothing for a recipe that does not say; an ensemble tells those apart as well.
    fn starts(&self) -> Vec<String> {
        Vec::new()
    }

    /// What training on these queries makes, as text, where all that is drawn shows in it: recipes that say the same train the same
    /// module, bit for bit, so an ensemble that is not bagged refuses two of them. `None` where more is drawn as training
    /// goes on, such as the order of queries, and for a recipe that does not say.
    ///
    /// # Errors
    /// Those of making the module; [`Error::EqualMembers`] where training would refuse its runs or members for that.
    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<Option<String>, Error> {
        let _ = (trainer, queries);
        Ok(None)
    }

    /// Refuses queries that training would refuse whatever the items are, before anything is spent on it: such as queries
    /// whose weights differ, for a fit that lets all count alike. A recipe made of others asks them.
    ///
    /// # Errors
    /// [`Error::Unweighted`] for weights that would be ignored.
    fn check_queries(&self, queries: &QuerySet<E>) -> Result<(), Error> {
        let _ = queries;
        Ok(())
    }

    /// The untrained module with this number added to its seed, to be trained beside a map of the items; `None` where the
    /// recipe is anything but one module that is trained by gradient.
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
