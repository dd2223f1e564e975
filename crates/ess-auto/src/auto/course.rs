//! The trials of a choice, one after another, within the budget and with what an earlier run found.

use std::cell::{Ref, RefCell};

use ess_train::Progress;
use indicatif::ProgressBar;

use super::held_out::HeldOut;
use crate::{
    choice::report::SkippedTrial,
    config::AutoConfig,
    error::Error,
    features::table::used,
    validation::{
        journal::Journal,
        pair_modules::PairModules,
        setting::{Part, Trials},
        too_dear::TooDear,
        trial::Learns,
    },
};

/// A trial is expected to cost so many times what the cheapest one did.
const MARGIN: f64 = 1.3;

/// What is kept and shown while trials run.
pub(super) struct Course<'a> {
    config: &'a AutoConfig,
    journal: RefCell<Journal>,
    bar: ProgressBar,
}

impl<'a> Course<'a> {
    pub(super) fn new(config: &'a AutoConfig, journal: Journal, progress: Progress) -> Self {
        Self { config, journal: RefCell::new(journal), bar: bar(config, progress) }
    }

    /// What was found so far.
    pub(super) fn journal(&self) -> Ref<'_, Journal> {
        self.journal.borrow()
    }

    /// A part of a trial is done.
    pub(super) fn tick(&self, spent: f64) -> Result<(), Error> {
        self.bar.inc(1);
        self.journal.borrow_mut().spend(spent)
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs the trials that fit the budget and are not in the journal, simple ones first; returns the others.
    pub(super) fn run(
        &self,
        trials: &mut Trials<'_>,
        held_out: &HeldOut,
    ) -> Result<Vec<SkippedTrial>, Error> {
        if !held_out.are_enough() {
            return Ok(Vec::new());
        }
        trials.too_dear = self.features_too_dear(trials)?;
        if !trials.budget.is_over() {
            let finder = trials.passes(&[], used(&self.config.features), None);
            trials.parts =
                Part::all(trials.queries, trials.batch, trials.fold_of, self.config.folds, &finder)?;
        }
        let trained = held_out.judge_training();
        let wanted = |learns: &Learns<'_>| trained || matches!(learns, Learns::Nothing);
        let mut skipped = Vec::new();
        for learns in Learns::all(&self.config.trained_modules).filter(wanted) {
            if let Some(reason) = self.run_one(trials, learns)? {
                skipped.push(SkippedTrial { name: learns.name().to_owned(), reason });
            }
        }
        Ok(skipped)
    }

    /// The features that a search budget has no room for: what an earlier run found, so that all trials have the same.
    fn features_too_dear(&self, trials: &Trials<'_>) -> Result<Vec<TooDear>, Error> {
        let Some(search_budget) = self.config.search_budget else { return Ok(Vec::new()) };
        if let Some(known) = self.journal().features_too_dear() {
            return Ok(known.to_vec());
        }
        let too_dear = trials.features_too_dear(search_budget)?;
        self.journal.borrow_mut().leave_out(too_dear.clone(), trials.budget.spent())?;
        Ok(too_dear)
    }

    /// Runs one trial that is not in the journal; why not, if it did not end. A module that fails ends its own trial alone.
    fn run_one(&self, trials: &Trials<'_>, learns: Learns<'_>) -> Result<Option<String>, Error> {
        match self.try_one(trials, learns) {
            Err(error) if learns.module().is_some() && error.is_of_module() => {
                tracing::warn!(module = learns.name(), %error, "a trained module failed and is skipped");
                Ok(Some(format!("it failed: {error}")))
            }
            tried => tried,
        }
    }

    fn try_one(&self, trials: &Trials<'_>, learns: Learns<'_>) -> Result<Option<String>, Error> {
        self.bar.set_message(learns.name().to_owned());
        if self.journal().find(learns.name()).is_some() {
            return Ok(None);
        }
        if let Some(reason) = self.too_long(trials, learns)? {
            return Ok(Some(reason));
        }
        let Some(record) = trials.run(learns)? else {
            return Ok(Some("the budget ended".to_owned()));
        };
        self.journal.borrow_mut().add(record, trials.budget.spent())?;
        Ok(None)
    }

    /// Why a trial cannot be made within the budget, if it cannot: judging it costs what judging the cheapest did, and a
    /// module is trained without each pair of folds and, if it is taken, on all queries.
    fn too_long(&self, trials: &Trials<'_>, learns: Learns<'_>) -> Result<Option<String>, Error> {
        if trials.budget.is_over() {
            return Ok(Some("the budget ended".to_owned()));
        }
        if matches!(learns, Learns::Nothing) {
            return Ok(None);
        }
        let journal = self.journal();
        if journal.find(Learns::Nothing.name()).is_none() {
            return Ok(Some("the budget ended before".to_owned()));
        }
        // The first trial of a run costs more: what it finds out of tokens is kept for the others.
        let least = journal.trials().iter().map(|trial| trial.cpu_seconds).fold(f64::INFINITY, f64::min);
        let expected = MARGIN * least + self.seconds_of_training(trials, learns)?;
        let left = trials.budget.left();
        Ok((expected > left)
            .then(|| format!("it would take {expected:.0} CPU-seconds, and {:.0} were left", left.max(0.0))))
    }

    /// CPU-seconds of all trainings of a trial, estimated by a few steps.
    fn seconds_of_training(&self, trials: &Trials<'_>, learns: Learns<'_>) -> Result<f64, Error> {
        let Learns::Module(module) = learns else { return Ok(0.0) };
        let (items, queries) = (trials.collection.items(), trials.queries.set());
        // The two choices may take different modules, each trained once more on all queries.
        let finals = if trials.batch.lexical.is_some() { 2.0 } else { 1.0 };
        let one = trials.training_items.seconds_of_training(trials.budget, module, items, queries)?;
        Ok(one * (PairModules::trainings(self.config.folds) + finals))
    }
}

fn bar(config: &AutoConfig, progress: Progress) -> ProgressBar {
    // For each trial the folds of two variants, and for each module the pairs of folds.
    let (modules, folds) = (config.trained_modules.len(), config.folds);
    let ticks = (modules + 2) * folds * 2 + modules * folds * (folds - 1) / 2;
    progress.bar(ticks, "auto", "{prefix} {wide_bar} {pos}/{len}, {msg} [{elapsed} < {eta}]")
}
