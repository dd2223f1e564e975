//! What is chosen among the trials, with the modules that it takes.

use ess_lexical::TextAnalyzer;
use ess_search::ModuleState;

use crate::{
    auto::held_out::{HeldOut, MIN_QUERIES},
    choice::{
        auto_module::AutoModule,
        plan::{Plan, SavedNeighbours},
        selection::Choice,
    },
    error::Error,
    input::variant::Variant,
    validation::{setting::Trials, trial::TrialRecord},
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
        let dense = choose(Variant::Dense);
        let hybrid = trials.batch.words.is_some().then(|| choose(Variant::Hybrid));
        tracing::info!(
            dense = dense.reason,
            hybrid = hybrid.as_ref().map(|hybrid| &hybrid.reason[..]),
            "chosen"
        );
        let modules = trained_modules(trials, [Some(&dense), hybrid.as_ref()].into_iter().flatten())?;
        Ok(Self { dense, hybrid, modules })
    }

    /// The searching operation, as it is saved.
    pub(super) fn into_module(self, trials: &Trials<'_>) -> AutoModule {
        let config = trials.config;
        let plan = Plan {
            scale: trials.scale,
            pool: config.pool,
            attention: config.attention,
            expansion: config.expansion,
            lexical: config.lexical,
            dense: self.dense,
            stems: self.hybrid.is_some().then(|| TextAnalyzer::RULES.to_owned()),
            hybrid: self.hybrid,
            neighbours: SavedNeighbours::new(trials.collection, trials.queries),
        };
        AutoModule::new(plan, self.modules, trials.queries.set().encodings().clone())
    }
}

fn choose(records: &[TrialRecord], trials: &Trials<'_>, held_out: &HeldOut, variant: Variant) -> Choice {
    if !held_out.are_enough() {
        let reason = format!("fewer than {MIN_QUERIES} queries are no evidence: the frozen encoder is kept");
        return Choice::frozen(&reason, trials.config);
    }
    let reason = "the budget ended before the first trial: the frozen encoder is kept";
    Choice::make(records, variant, trials.config).unwrap_or_else(|| Choice::frozen(reason, trials.config))
}

/// The trained modules of the choices, trained on all queries.
fn trained_modules<'c>(
    trials: &Trials<'_>,
    choices: impl Iterator<Item = &'c Choice>,
) -> Result<Vec<(String, ModuleState)>, Error> {
    let mut modules: Vec<(String, ModuleState)> = Vec::new();
    for name in choices.filter_map(|choice| choice.trial.as_ref()) {
        let config = trials.config.trained_modules.iter().find(|module| module.name == *name);
        if let Some(config) = config.filter(|_| modules.iter().all(|(other, _)| other != name)) {
            let (items, queries) = (trials.collection.items(), trials.queries.set());
            let module = trials.training_items.train(config, trials.config.seed, items, queries)?;
            modules.push((name.clone(), module.to_state()?));
        }
    }
    Ok(modules)
}
