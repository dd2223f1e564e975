//! Several runs of one recipe, their weights averaged.

use ess_core::Embeddings;
use ess_search::{DeviceEncoding, ModuleState, PersistentModule, Registry};

use super::{
    copies,
    definition::Recipe,
    record::TrainingRecord,
    runs::{self, Runs},
    trained::Trained,
};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::definition::Trainer,
};

/// A soup of several runs of one recipe (Wortsman et al. 2022). All runs start from the same values. Each has a seed of its
/// own for the order of queries, dropout and its draw of the queries. The mean of their weights is one module.
///
/// ```
/// use ess_search::{Linear, LinearConfig};
/// use ess_train::{ModuleRecipe, SoupRecipe};
///
/// let linear = ModuleRecipe::<Linear>::new(LinearConfig::new(384, 384));
/// let recipe: SoupRecipe = SoupRecipe::new(linear, 4)?;
/// # Ok::<(), ess_train::Error>(())
/// ```
pub struct SoupRecipe<E: DeviceEncoding + 'static = Embeddings> {
    recipe: Box<dyn Recipe<E>>,
    runs: usize,
    bagged: bool,
    registry: Registry<E>,
}

impl<E: DeviceEncoding + 'static> SoupRecipe<E> {
    /// So many runs of a recipe whose modules are of a kind of `ess-search`.
    ///
    /// # Errors
    /// [`Error::Config`] for less than one run or more than 1000.
    pub fn new(recipe: impl Recipe<E> + 'static, runs: usize) -> Result<Self, Error> {
        if !(1..=1000).contains(&runs) {
            let (name, expected) = ("runs of a soup", "between 1 and 1000");
            return Err(Error::Config { name, expected, found: runs.to_string() });
        }
        Ok(Self { recipe: Box::new(recipe), runs, bagged: true, registry: E::registry() })
    }

    /// Whether each run sees its own draw of the queries, with replacement. Default: true. Otherwise runs differ only by the
    /// order of the queries and by dropout. Runs that would not differ at all are refused before training
    /// ([`Error::EqualMembers`]): fits with a closed form, and modules without dropout where all queries are in one batch.
    #[must_use]
    pub fn bagged(mut self, bagged: bool) -> Self {
        self.bagged = bagged;
        self
    }

    /// The registry that knows the kind of module, where it is not of `ess-search`.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry<E>) -> Self {
        self.registry = registry;
        self
    }

    /// Refuses runs that would come out equal.
    fn refuse_copies(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<(), Error> {
        let runs = Runs::from_one_start(&*self.recipe, self.runs, self.bagged);
        let recipes = std::iter::repeat_n(&*self.recipe as &dyn Recipe<E>, self.runs);
        copies::refuse(&runs.outcomes(recipes, trainer, queries)?)
    }

    fn each(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        train: impl FnMut(usize, &Trainer, &QuerySet<E>) -> Result<Trained<E>, Error>,
    ) -> Result<Trained<E>, Error> {
        self.refuse_copies(trainer, queries)?;
        let runs = Runs::from_one_start(&*self.recipe, self.runs, self.bagged);
        let (states, parts) = runs::states(runs.each(trainer, queries, train)?)?;
        let module = self.registry.build(&ModuleState::soup(&states)?, items.device())?;
        Ok(Trained { module, record: TrainingRecord { parts, ..TrainingRecord::default() } })
    }
}

impl<E: DeviceEncoding + 'static> Recipe<E> for SoupRecipe<E> {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        dev: &DevSet<'_, E>,
    ) -> Result<Trained<E>, Error> {
        self.each(trainer, items, queries, |_, trainer, queries| {
            self.recipe.train(trainer, items, queries, dev)
        })
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
    ) -> Result<Trained<E>, Error> {
        self.each(trainer, items, queries, |_, trainer, queries| {
            self.recipe.train_without_dev(trainer, items, queries)
        })
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained<E>, Error> {
        self.each(trainer, items, queries, |run, trainer, queries| {
            self.recipe.refit(trainer, items, queries, record.part(run)?, growth)
        })
    }

    fn baseline(&self) -> Option<Box<dyn PersistentModule<E>>> {
        self.recipe.baseline()
    }

    fn seeds(&self) -> u64 {
        self.recipe.seeds().saturating_mul(self.runs as u64)
    }

    fn starts(&self) -> Vec<String> {
        self.recipe.starts()
    }

    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<Option<String>, Error> {
        self.refuse_copies(trainer, queries)?;
        let of = if self.bagged { None } else { self.recipe.outcome(trainer, queries)? };
        Ok(of.map(|of| format!("soup of {} runs of {of}", self.runs)))
    }

    fn check_queries(&self, queries: &QuerySet<E>) -> Result<(), Error> {
        self.recipe.check_queries(queries)
    }
}
