//! What is chosen among the trials, with the modules that it takes.

use std::collections::BTreeMap;

use ess_core::SearchModule;
use ess_lexical::TextAnalyzer;
use ess_search::ModuleState;

use super::held_out::{HeldOut, MIN_QUERIES};
use crate::{
    choice::{
        auto_module::AutoModule,
        plan::{Plan, SavedNeighbours},
        selection::Choice,
    },
    config::TrainedModuleConfig,
    error::Error,
    features::{search_cost::SearchCost, weights::weighed},
    input::variant::Variant,
    validation::{setting::Trials, training::build, trial::TrialRecord},
};

/// The choice that looks at embeddings alone, and the one that looks at texts too where there are texts.
pub(super) struct Chosen {
    pub(super) dense: Choice,
    pub(super) hybrid: Option<Choice>,
    /// The trained modules of both, by name, trained on all queries.
    modules: Vec<(String, ModuleState)>,
}

impl Chosen {
    /// Chooses, and trains the modules that were taken.
    pub(super) fn among(
        records: &[TrialRecord],
        trials: &Trials<'_>,
        held_out: &HeldOut,
    ) -> Result<Self, Error> {
        let choose = |variant| choose(records, trials, held_out, variant);
        let mut dense = choose(Variant::Dense)?;
        let mut hybrid = trials.batch.lexical.is_some().then(|| choose(Variant::Hybrid)).transpose()?;
        let mut modules = Vec::new();
        for choice in std::iter::once(&mut dense).chain(&mut hybrid) {
            train_taken(trials, choice, &mut modules)?;
        }
        tracing::info!(
            dense = dense.reason,
            hybrid = hybrid.as_ref().map(|hybrid| &hybrid.reason[..]),
            "chosen"
        );
        Ok(Self { dense, hybrid, modules })
    }

    /// What searching with the choice by embeddings and with the one by texts takes. The choice is made: where measuring
    /// fails, it is kept and nothing is said of what it takes.
    pub(super) fn search_costs(&self, trials: &Trials<'_>) -> BTreeMap<Variant, SearchCost> {
        let hybrid = self.hybrid.iter().map(|hybrid| (Variant::Hybrid, hybrid));
        let choices = std::iter::once((Variant::Dense, &self.dense)).chain(hybrid);
        let cost = |(variant, choice)| match self.search_cost(trials, variant, choice) {
            Ok(cost) => Some((variant, cost)),
            Err(error) => {
                tracing::warn!(?variant, %error, "what a search with the choice takes could not be measured");
                None
            }
        };
        choices.filter_map(cost).collect()
    }

    fn search_cost(
        &self,
        trials: &Trials<'_>,
        variant: Variant,
        choice: &Choice,
    ) -> Result<SearchCost, Error> {
        let state = self.modules.iter().find(|(name, _)| choice.trial.as_ref() == Some(name));
        let module = state.map(|(_, state)| build(state)).transpose()?;
        let module = module.as_ref().map(|module| module as &dyn SearchModule);
        trials.search_cost(variant, weighed(&choice.first, &choice.second), module, &choice.first)
    }

    /// The searching operation, as it is saved.
    pub(super) fn into_module(self, trials: &Trials<'_>) -> AutoModule {
        let config = trials.config;
        let plan = Plan {
            scale: trials.scale,
            pool: config.pool,
            feedback_weights: config.feedback_weights,
            query_expansion: config.query_expansion,
            lexical: config.lexical,
            dense: self.dense,
            stems: self.hybrid.is_some().then(|| TextAnalyzer::RULES.to_owned()),
            hybrid: self.hybrid,
            encodings: trials.saved_encodings(),
            neighbours: SavedNeighbours::new(trials.collection, trials.queries),
        };
        AutoModule::new(plan, self.modules, trials.queries.set().encodings().clone())
    }
}

fn choose(
    records: &[TrialRecord],
    trials: &Trials<'_>,
    held_out: &HeldOut,
    variant: Variant,
) -> Result<Choice, Error> {
    if !held_out.are_enough() {
        let reason = format!("fewer than {MIN_QUERIES} queries are no evidence: the frozen encoder is kept");
        return Ok(Choice::frozen(&reason, trials.config));
    }
    let reason = "the budget ended before the first trial: the frozen encoder is kept";
    let made = Choice::make(records, variant, trials.config)?;
    Ok(made.unwrap_or_else(|| Choice::frozen(reason, trials.config)))
}

/// Trains the module that a choice takes on all queries, where `modules` have none of its name yet. Where that fails, the
/// frozen encoder is kept, and the choice says why.
fn train_taken(
    trials: &Trials<'_>,
    choice: &mut Choice,
    modules: &mut Vec<(String, ModuleState)>,
) -> Result<(), Error> {
    let taken = |module: &&TrainedModuleConfig| choice.trial.as_ref() == Some(&module.name);
    let Some(config) = trials.config.trained_modules.iter().find(taken) else { return Ok(()) };
    if modules.iter().any(|(name, _)| *name == config.name) {
        return Ok(());
    }
    match on_all_queries(trials, config) {
        Ok(state) => modules.push((config.name.clone(), state)),
        Err(error) if error.is_of_module() => {
            let name = &config.name;
            tracing::warn!(module = name, %error, "a module that was taken failed on all queries");
            let reason = format!(
                "{}; but {name} failed when it was trained on all queries, so the frozen encoder is kept: {error}",
                choice.reason
            );
            *choice = Choice { reason, ..choice.without_trial(trials.config) };
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn on_all_queries(trials: &Trials<'_>, config: &TrainedModuleConfig) -> Result<ModuleState, Error> {
    let (items, queries) = (trials.collection.items(), trials.queries.set());
    let module = trials.training_items.train(config, trials.config.seed, items, queries)?;
    // What it gives are numbers.
    module.apply(queries.encodings())?;
    Ok(module.to_state()?)
}
