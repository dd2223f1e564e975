//! What searching with what is tried takes, and which features a search budget has no room for.

use ess_core::SearchModule;

use super::{
    setting::Trials,
    too_dear::TooDear,
    trial::{Learns, rounded},
};
use crate::{
    error::Error,
    features::{
        feature::Feature,
        search_cost::SearchCost,
        weights::{DENSE, Weights},
    },
    input::variant::Variant,
};

/// Queries that costs are measured on.
const MEASURED: usize = 16;

impl Trials<'_> {
    /// The variants that there is something to choose in.
    pub(crate) fn variants(&self) -> impl Iterator<Item = Variant> + use<> {
        let texts = self.batch.words.is_some();
        [Variant::Dense, Variant::Hybrid]
            .into_iter()
            .filter(move |variant| texts || *variant == Variant::Dense)
    }

    /// What searching with some features takes, on some of the queries; what it takes is paid from the budget.
    pub(crate) fn search_cost(
        &self,
        variant: Variant,
        features: Vec<&'static dyn Feature>,
        module: Option<&dyn SearchModule>,
        weights: &Weights,
    ) -> Result<SearchCost, Error> {
        let step = self.batch.dense.len().div_ceil(MEASURED);
        let rows: Vec<usize> = (0..self.batch.dense.len()).step_by(step).collect();
        let mut batch = self.batch.select(&rows)?.of_variant(variant).fresh();
        if !features.iter().any(|feature| feature.reads_tokens()) {
            batch.tokens = None;
        }
        let passes = self.passes(&[], features, module);
        let cost = SearchCost::measure(passes, &batch, weights, &self.config.feature_costs)?;
        self.budget.add(cost.total * rows.len() as f64 / 1000.0);
        Ok(cost)
    }

    /// The features that are left out of each variant, so that the others fit a search budget: the dearest first. The frozen
    /// similarity stays.
    pub(crate) fn features_too_dear(&self, search_budget: f64) -> Result<Vec<TooDear>, Error> {
        let mut all = Vec::new();
        for variant in self.variants() {
            let features = self.features(variant, Learns::Neighbours);
            let cost = self.search_cost(variant, features, None, &Weights::frozen())?;
            all.extend(dearest(cost, search_budget).into_iter().map(|(name, milliseconds)| TooDear {
                name,
                variant,
                cpu_milliseconds: rounded(milliseconds),
            }));
        }
        Ok(all)
    }
}

/// The features without which the others fit the budget, the dearest first.
fn dearest(cost: SearchCost, search_budget: f64) -> Vec<(String, f64)> {
    let mut features: Vec<(String, f64)> =
        cost.features.into_iter().filter(|(name, _)| name != DENSE).collect();
    features.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut left = cost.total;
    let mut is_over = |(_, milliseconds): &(String, f64)| {
        let over = left > search_budget;
        left -= milliseconds;
        over
    };
    features.into_iter().take_while(&mut is_over).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_dearest_features_are_left_out_until_the_others_fit() {
        let of = |budget: f64| {
            let features = [("dense", 1.0), ("lexical", 0.5), ("tokens", 8.0), ("second", 2.0)];
            let features: BTreeMap<String, f64> =
                features.into_iter().map(|(name, cost)| (name.to_owned(), cost)).collect();
            let cost = SearchCost { total: 12.5, shared: 1.0, features };
            dearest(cost, budget).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert!(of(12.5).is_empty());
        assert_eq!(of(12.0), ["tokens"]);
        assert_eq!(of(4.0), ["tokens", "second"]);
        // Not even the frozen similarity fits.
        assert_eq!(of(0.1), ["tokens", "second", "lexical"]);
    }
}
