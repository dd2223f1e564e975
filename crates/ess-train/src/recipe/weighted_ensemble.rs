//! Trained modules and learned weights for them.

use super::{
    copies,
    definition::Recipe,
    held_out,
    record::TrainingRecord,
    runs::{self, Runs},
    trained::Trained,
};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    trainer::{definition::Trainer, stop::Stop},
};
use ess_core::Embeddings;
use ess_search::{
    Averaging, HostTensor, ModuleState, OnDevice, Part, PersistentModule, Registry, WeightedEnsemble,
};

/// The parameter of the weights in a [`WeightedEnsemble`]'s state.
const WEIGHTS: &str = "weights";

/// Members that are trained one by one, and then weights for them.
///
/// The weights are learned on a fifth of the training queries, with members that did not see it (stacking: Wolpert 1992). On
/// its own training queries the member that overfits most would look best. The members that are returned are trained on all
/// queries.
///
/// Members that would come out equal are refused, as those of an [`EnsembleRecipe`](crate::EnsembleRecipe) are.
///
/// To train members and weights together, train a [`WeightedEnsemble`] as one module
/// ([`ModuleRecipe::from_module`](crate::ModuleRecipe::from_module)).
///
/// ```
/// use ess_search::{Averaging, Linear, LinearConfig, Mlp, MlpConfig};
/// use ess_train::{ModuleRecipe, WeightedEnsembleRecipe};
///
/// let recipe = WeightedEnsembleRecipe::new(Averaging::AfterNormalization)
///     .with("linear", ModuleRecipe::<Linear>::new(LinearConfig::new(384, 384)))
///     .with("mlp", ModuleRecipe::<Mlp>::new(MlpConfig::new(384, 384)));
/// # let _: &dyn ess_train::Recipe = &recipe;
/// ```
pub struct WeightedEnsembleRecipe {
    members: Vec<(String, Box<dyn Recipe>)>,
    averaging: Averaging,
    registry: Registry,
}

impl WeightedEnsembleRecipe {
    /// An ensemble without members yet.
    pub fn new(averaging: Averaging) -> Self {
        Self { members: Vec::new(), averaging, registry: Registry::default() }
    }

    /// Adds a member under a name; it must return a module of a kind that can be trained.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, member: impl Recipe + 'static) -> Self {
        self.members.push((name.into(), Box::new(member)));
        self
    }

    /// The registry that knows the members' kinds, where they are not of `ess-search`.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// All members by `train`, each with a seed of its own.
    fn each(
        &self,
        trainer: &Trainer,
        queries: &QuerySet,
        mut train: impl FnMut(usize, &dyn Recipe, &Trainer, &QuerySet) -> Result<Trained, Error>,
    ) -> Result<(Vec<ModuleState>, Vec<TrainingRecord>), Error> {
        let recipes = || self.members.iter().map(|(_, member)| &**member);
        let runs = Runs::of(recipes(), false);
        copies::refuse(&runs.outcomes(recipes(), trainer, queries)?)?;
        let members = runs.each(trainer, queries, |at, trainer, queries| {
            train(at, &self.members[at].1, trainer, queries)
        })?;
        runs::states(members)
    }

    fn ensemble(&self, states: &[ModuleState], items: &Items<'_>) -> Result<WeightedEnsemble, Error> {
        let named = self.members.iter().zip(states);
        let part = |((name, _), state): (&(String, _), &ModuleState)| {
            Ok(Part::from_state(name, state, &self.registry, items.device())?.frozen())
        };
        let parts: Vec<Part> = named.map(part).collect::<Result<_, Error>>()?;
        Ok(WeightedEnsemble::new(parts, self.averaging, items.device())?)
    }

    /// Learns weights on queries that the members did not see, and then trains the members on all.
    fn weigh(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        stop: &Stop<'_, '_, Embeddings>,
        train: impl Fn(&dyn Recipe, &Trainer, &QuerySet) -> Result<Trained, Error>,
    ) -> Result<Trained, Error> {
        let (most, held_out) = held_out::cut(queries, trainer.config().seed)?;
        let (states, _) =
            self.each(trainer, &most, |_, member, trainer, most| train(member, trainer, most))?;
        let (weighed, curve) = trainer.train(self.ensemble(&states, items)?, items, &held_out, stop)?;
        let mut tensors = weighed.to_state()?.tensors;
        let weights = tensors.remove(WEIGHTS).ok_or(Error::Record { missing: WEIGHTS.to_owned() })?;
        let own = TrainingRecord { curve: Some(curve), ..to_settings(&weights) };
        let (states, parts) =
            self.each(trainer, queries, |_, member, trainer, all| train(member, trainer, all))?;
        let module = self.weighted(&states, weights, items)?;
        Ok(Trained { module, record: TrainingRecord { parts, ..own } })
    }

    /// An ensemble of these members with weights from elsewhere.
    fn weighted(
        &self,
        states: &[ModuleState],
        weights: HostTensor,
        items: &Items<'_>,
    ) -> Result<Box<dyn PersistentModule>, Error> {
        let ensemble = OnDevice::new(self.ensemble(states, items)?, items.device());
        let mut state = ensemble.to_state()?;
        state.tensors.insert(WEIGHTS.to_owned(), weights);
        Ok(self.registry.build(&state, items.device())?)
    }
}

/// The parameters of the weights, as settings of a record and back.
fn to_settings(weights: &HostTensor) -> TrainingRecord {
    let names: Vec<String> = (0..weights.values().len()).map(|at| format!("weight {at}")).collect();
    TrainingRecord::of_settings(
        names.iter().map(String::as_str).zip(weights.values().iter().map(|&w| w.into())),
    )
}

fn from_settings(record: &TrainingRecord, members: usize) -> Result<HostTensor, Error> {
    let weights = (0..members).map(|at| Ok(record.setting(&format!("weight {at}"))? as f32));
    let weights = weights.collect::<Result<_, Error>>()?;
    Ok(HostTensor::new(WEIGHTS, vec![members], weights)?)
}

impl Recipe for WeightedEnsembleRecipe {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        dev: &DevSet<'_, Embeddings>,
    ) -> Result<Trained, Error> {
        self.weigh(trainer, items, queries, &Stop::OnDev(dev), |member, trainer, queries| {
            member.train(trainer, items, queries, dev)
        })
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
    ) -> Result<Trained, Error> {
        let stop = Stop::After(trainer.config().max_steps);
        self.weigh(trainer, items, queries, &stop, |member, trainer, queries| {
            member.train_without_dev(trainer, items, queries)
        })
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained, Error> {
        let (states, parts) = self.each(trainer, queries, |at, member, trainer, queries| {
            member.refit(trainer, items, queries, record.part(at)?, growth)
        })?;
        let weights = from_settings(record, self.members.len())?;
        let module = self.weighted(&states, weights, items)?;
        let settings = record.settings.clone();
        Ok(Trained { module, record: TrainingRecord { curve: None, settings, parts } })
    }

    fn baseline(&self) -> Option<Box<dyn PersistentModule>> {
        self.members.first()?.1.baseline()
    }

    fn seeds(&self) -> u64 {
        self.members.iter().map(|(_, member)| member.seeds()).fold(0, u64::saturating_add)
    }

    fn starts(&self) -> Vec<String> {
        self.members.iter().flat_map(|(_, member)| member.starts()).collect()
    }

    fn check_queries(&self, queries: &QuerySet) -> Result<(), Error> {
        self.members.iter().try_for_each(|(_, member)| member.check_queries(queries))
    }
}
