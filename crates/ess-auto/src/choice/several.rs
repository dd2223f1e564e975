//! What several choices agree on, on a collection that none of them was made on.

use std::collections::BTreeMap;

use super::{
    auto_module::AutoModule,
    auto_searcher::{AutoSearcher, check_encodings},
    selection::Choice,
};
use crate::{
    error::Error,
    features::{trust::cautious, weights::Weights},
    input::collection::Collection,
};

impl<'c> AutoSearcher<'c> {
    /// What several choices agree on, for a collection that none of them was made on: the mean of their cautious weights,
    /// without trained modules and neighbours. The hybrid choice is there where all have one.
    ///
    /// # Errors
    /// [`ess_core::Error::Empty`] for no module; those of [`AutoModule::bind`].
    pub fn of_several(modules: &[AutoModule], collection: &'c Collection) -> Result<Self, Error> {
        let what = "choices to be combined";
        let first = modules.first().ok_or(ess_core::Error::Empty { what })?;
        let what = "items searched by several choices";
        for module in modules {
            ess_core::Error::check_dim(what, module.dim(), collection.items().dim())?;
        }
        let dense: Vec<&Choice> = modules.iter().map(|module| &module.plan.dense).collect();
        let hybrid: Option<Vec<&Choice>> = modules.iter().map(|module| module.plan.hybrid.as_ref()).collect();
        let mut plan = first.plan.clone();
        for module in modules {
            check_encodings(&module.plan, collection)?;
            plan.encodings.extend(module.plan.encodings.clone());
        }
        plan.dense = joined(&dense);
        plan.hybrid = hybrid.map(|choices| joined(&choices));
        Ok(Self {
            collection,
            plan,
            modules: BTreeMap::new(),
            dense_neighbours: None,
            hybrid_neighbours: None,
        })
    }
}

/// The first choice with the mean of all cautious weights.
fn joined(choices: &[&Choice]) -> Choice {
    let mean = |weights: fn(&Choice) -> &Weights| {
        Weights::mean(&choices.iter().map(|&choice| cautious(weights(choice))).collect::<Vec<_>>())
    };
    let (first, second) = (mean(|choice| &choice.first), mean(|choice| &choice.second));
    Choice { first, second, ..choices[0].clone() }
}
