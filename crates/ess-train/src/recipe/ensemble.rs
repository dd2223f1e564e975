//! Several modules, averaged.

use ess_core::{Embeddings, Encoding};
use ess_search::{Averaging, Ensemble, PersistentModule};

use super::{copies, definition::Recipe, record::TrainingRecord, runs::Runs, trained::Trained};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::definition::Trainer,
};

/// Several recipes whose modules are averaged, each trained with a seed of its own and, when bagged, on its own draw of
/// the queries.
///
/// Members that would start from the same values are given different seeds. A kind that always starts as the identity, such
/// as a linear module between spaces of one dimension, does not depend on the seed. Where all queries are in one batch and
/// nothing else is random, equal members of such a kind would come out equal; without bagging they are refused before
/// training ([`Error::EqualMembers`]).
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

    fn recipes(&self) -> impl Iterator<Item = &dyn Recipe<E>>
    where
        E: 'static,
    {
        self.members.iter().map(|member| &**member as &dyn Recipe<E>)
    }

    fn runs(&self) -> Runs
    where
        E: 'static,
    {
        Runs::of(self.recipes(), self.bagged)
    }

    /// Runs `train` for each member, with the member's trainer and queries.
    fn each(
        &self,
        trainer: &Trainer,
        queries: &QuerySet<E>,
        train: impl FnMut(usize, &Trainer, &QuerySet<E>) -> Result<Trained<E>, Error>,
    ) -> Result<Trained<E>, Error>
    where
        E: 'static,
    {
        let runs = self.runs();
        copies::refuse(&runs.outcomes(self.recipes(), trainer, queries)?)?;
        let members = runs.each(trainer, queries, train)?;
        let (modules, parts) = members.into_iter().map(|member| (member.module, member.record)).unzip();
        let record = TrainingRecord { parts, ..TrainingRecord::default() };
        Ok(Trained { module: Box::new(Ensemble::new(modules, self.averaging)?), record })
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

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet<E>,
    ) -> Result<Trained<E>, Error> {
        self.each(trainer, queries, |member, trainer, queries| {
            self.members[member].train_without_dev(trainer, items, queries)
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
        self.each(trainer, queries, |member, trainer, queries| {
            self.members[member].refit(trainer, items, queries, record.part(member)?, growth)
        })
    }

    fn baseline(&self) -> Option<Box<dyn PersistentModule<E>>> {
        self.members.first()?.baseline()
    }

    fn seeds(&self) -> u64 {
        self.members.iter().map(|member| member.seeds()).fold(0, u64::saturating_add)
    }

    fn starts(&self) -> Vec<String> {
        self.members.iter().flat_map(|member| member.starts()).collect()
    }

    fn outcome(&self, trainer: &Trainer, queries: &QuerySet<E>) -> Result<Option<String>, Error> {
        let outcomes = self.runs().outcomes(self.recipes(), trainer, queries)?;
        copies::refuse(&outcomes)?;
        let members: Option<Vec<String>> = outcomes.into_iter().collect();
        Ok(members.map(|members| format!("ensemble {:?} of {members:?}", self.averaging)))
    }

    fn check_queries(&self, queries: &QuerySet<E>) -> Result<(), Error> {
        self.recipes().try_for_each(|member| member.check_queries(queries))
    }
}
