//! What is trained: one module, or several that are averaged.

use ess_core::{Embeddings, Encoding};
use ess_search::{Averaging, Ensemble, PersistentModule, TrainableModule};

use crate::{Curve, DevSet, Error, Items, QuerySet, Stop, Trainer};

/// A trained module of any kind, with the curve of each training run that went into it.
pub struct Trained<E: Encoding = Embeddings> {
    /// The module.
    pub module: Box<dyn PersistentModule<E>>,
    /// One curve for each run.
    pub curves: Vec<Curve>,
}

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

    /// Trains again on more queries, for as many more steps as the runs of [`Recipe::train`] kept: `growth` is the
    /// new number of queries over the old.
    ///
    /// # Errors
    /// Those of [`Trainer::train`].
    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        curves: &[Curve],
        growth: f64,
    ) -> Result<Trained<E>, Error>;
}

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
        Ok(Trained { module: Box::new(module), curves: vec![curve] })
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
        curves: &[Curve],
        growth: f64,
    ) -> Result<Trained<M::Encoding>, Error> {
        let kept = curves.first().map_or(trainer.config().max_steps, |curve| curve.kept_step);
        self.run(trainer, items, queries, &Stop::After((kept as f64 * growth).round() as usize))
    }
}

/// Several recipes whose modules are averaged, each trained with a seed of its own and, when bagged, on its own draw of
/// the queries.
///
/// ```
/// use ess_search::{Averaging, Linear, LinearConfig, Mlp, MlpConfig};
/// use ess_train::{EnsembleRecipe, ModuleRecipe};
///
/// let recipe: EnsembleRecipe = EnsembleRecipe::new(Averaging::AfterNormalization)
///     .bagged(true)
///     .with(ModuleRecipe::<Linear>::new(LinearConfig::new(384, 384)))
///     .with(ModuleRecipe::<Mlp>::new(MlpConfig::new(384, 384)));
/// assert_eq!(recipe.len(), 2);
/// ```
pub struct EnsembleRecipe<E: Encoding = Embeddings> {
    members: Vec<Box<dyn Recipe<E>>>,
    averaging: Averaging,
    bagged: bool,
}

impl<E: Encoding> EnsembleRecipe<E> {
    /// An ensemble without members yet.
    pub fn new(averaging: Averaging) -> Self {
        Self { members: Vec::new(), averaging, bagged: false }
    }

    /// Whether each member sees its own draw of the queries, with replacement (bagging: Breiman 1996).
    #[must_use]
    pub fn bagged(mut self, bagged: bool) -> Self {
        self.bagged = bagged;
        self
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, member: impl Recipe<E> + 'static) -> Self {
        self.members.push(Box::new(member));
        self
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Runs `train` for each member, with the member's trainer and queries.
    fn each(
        &self,
        trainer: &Trainer,
        queries: &QuerySet<E>,
        mut train: impl FnMut(usize, &Trainer, &QuerySet<E>) -> Result<Trained<E>, Error>,
    ) -> Result<Trained<E>, Error>
    where
        E: 'static,
    {
        let (mut modules, mut curves) = (Vec::new(), Vec::new());
        for member in 0..self.members.len() {
            let seed = trainer.config().seed.wrapping_add(member as u64);
            let trainer = trainer.with_seed(seed);
            let trained = match self.bagged {
                true => train(member, &trainer, &queries.resampled(seed)?)?,
                false => train(member, &trainer, queries)?,
            };
            modules.push(trained.module);
            curves.extend(trained.curves);
        }
        Ok(Trained { module: Box::new(Ensemble::new(modules, self.averaging)?), curves })
    }
}

impl<E: Encoding + 'static> Recipe<E> for EnsembleRecipe<E> {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        dev: &DevSet<'_, E>,
    ) -> Result<Trained<E>, Error> {
        self.each(trainer, queries, |member, trainer, queries| {
            self.members[member].train(trainer, items, queries, dev)
        })
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
        curves: &[Curve],
        growth: f64,
    ) -> Result<Trained<E>, Error> {
        self.each(trainer, queries, |member, trainer, queries| {
            self.members[member].refit(
                trainer,
                items,
                queries,
                curves.get(member..).unwrap_or_default(),
                growth,
            )
        })
    }
}
