//! Modules that were trained without two folds.

use std::collections::BTreeMap;

use ess_core::SearchModule;
use ess_search::PersistentModule;

use super::setting::Trials;
use crate::{config::TrainedModuleConfig, error::Error};

/// For each pair of folds, a module that saw the labels of neither: `n (n − 1) / 2` of `n` folds, each trained on the other
/// `n − 2`. For 5 folds that is 1.5 times the training that a module without each fold would cost.
#[derive(Default)]
pub(crate) struct PairModules(BTreeMap<[usize; 2], Box<dyn PersistentModule>>);

impl PairModules {
    /// How much training they are, in trainings on all queries.
    pub(crate) fn trainings(folds: usize) -> f64 {
        let folds = folds as f64;
        (folds - 1.0) / 2.0 * (folds - 2.0)
    }

    /// None for no module; `None` as a whole when the budget ends.
    pub(crate) fn train(
        trials: &Trials<'_>,
        module: Option<&TrainedModuleConfig>,
    ) -> Result<Option<Self>, Error> {
        let mut modules = Self::default();
        let Some(config) = module else {
            return Ok(Some(modules));
        };
        let folds: Vec<usize> = trials.judged_parts().iter().map(|part| part.fold).collect();
        for (at, &one) in folds.iter().enumerate() {
            for &other in &folds[at + 1..] {
                if trials.budget.is_over() {
                    return Ok(None);
                }
                let pair = [one, other];
                let rows = 0..trials.fold_of.len();
                let learned: Vec<usize> = rows.filter(|row| !pair.contains(&trials.fold_of[*row])).collect();
                let queries = trials.queries.set().select(&learned)?;
                let items = trials.collection.items();
                modules
                    .0
                    .insert(pair, trials.training_items.train(config, trials.config.seed, items, &queries)?);
                (trials.tick)()?;
            }
        }
        Ok(Some(modules))
    }

    /// One of the modules, which all take as long.
    pub(crate) fn any(&self) -> Option<&dyn SearchModule> {
        self.0.values().next().map(|module| &**module as &dyn SearchModule)
    }

    /// The module that saw neither fold.
    pub(crate) fn without(&self, one: usize, other: usize) -> Option<&dyn SearchModule> {
        self.0.get(&[one.min(other), one.max(other)]).map(|module| &**module as &dyn SearchModule)
    }
}
