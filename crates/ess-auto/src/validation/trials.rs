//! How a trial is run.

use std::collections::BTreeMap;

use super::{
    nested::JudgedFold,
    pair_modules::PairModules,
    setting::Trials,
    trial::{Learns, SHRINKS, TrialRecord, VariantRecord, rounded},
};
use crate::{
    error::Error,
    features::{
        trust::gate,
        weights::{Weights, weighed},
    },
    input::variant::Variant,
};

impl Trials<'_> {
    /// Runs a trial; `None` when the budget ends before it does.
    pub(crate) fn run(&self, learns: Learns<'_>) -> Result<Option<TrialRecord>, Error> {
        let before = self.budget.spent();
        let Some(modules) = PairModules::train(self, learns.module())? else {
            return Ok(None);
        };
        let mut variants = BTreeMap::new();
        for variant in self.variants() {
            match self.judge(variant, learns, &modules)? {
                Some(record) => variants.insert(variant, record),
                None => return Ok(None),
            };
        }
        let seen = self.judged_parts().iter().flat_map(|part| part.seen.iter().copied()).collect();
        let cpu_seconds = rounded(self.budget.spent() - before);
        let (name, module) = (learns.name().to_owned(), learns.module().cloned());
        Ok(Some(TrialRecord { name, module, seen, variants, cpu_seconds }))
    }

    fn judge(
        &self,
        variant: Variant,
        learns: Learns<'_>,
        modules: &PairModules,
    ) -> Result<Option<VariantRecord>, Error> {
        let mut folds: Vec<JudgedFold> = Vec::new();
        for at in 0..self.judged_parts().len() {
            match self.judge_fold(at, variant, learns, modules)? {
                Some(fold) => folds.push(fold),
                None => return Ok(None),
            }
            (self.tick)()?;
        }
        let mean = |weights: fn(&JudgedFold) -> Weights| {
            Weights::mean(&folds.iter().map(weights).collect::<Vec<_>>())
        };
        let values =
            |share: usize| folds.iter().flat_map(|fold| fold.values[share].iter().copied()).collect();
        let first = mean(|fold| fold.weights.first.clone());
        let second = mean(|fold| fold.weights.second.clone());
        Ok(Some(VariantRecord {
            search_milliseconds: self.search_milliseconds(variant, [&first, &second], modules)?,
            first,
            second,
            values: (0..SHRINKS.len()).map(values).collect(),
            frozen: folds.iter().flat_map(|fold| fold.frozen.iter().copied()).collect(),
            gate: gate(folds.iter().flat_map(|fold| fold.near.iter().copied())),
        }))
    }
    /// What a search with these weights of both passes would take, where there is a budget for it.
    fn search_milliseconds(
        &self,
        variant: Variant,
        [first, second]: [&Weights; 2],
        modules: &PairModules,
    ) -> Result<Option<f64>, Error> {
        if self.config.search_budget.is_none() {
            return Ok(None);
        }
        let cost = self.search_cost(variant, weighed(first, second), modules.any(), first)?;
        Ok(Some(rounded(cost.total)))
    }
}
