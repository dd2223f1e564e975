//! What searching with what is tried takes, and which features a search budget has no room for.

use ess_core::{Encoding, Error as CoreError, SearchModule};

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
    input::{auto_queries::AutoQueries, further_queries, variant::Variant},
};

/// Queries that costs are measured on.
const MEASURED: usize = 16;

impl Trials<'_> {
    /// The variants that there is something to choose in.
    pub(crate) fn variants(&self) -> impl Iterator<Item = Variant> + use<> {
        let texts = self.batch.lexical.is_some();
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
        let mut batch = self.batch.select(&self.measured())?.of_variant(variant).fresh();
        if !features.iter().any(|feature| feature.reads_tokens()) {
            batch.tokens = None;
        }
        let passes = self.passes(&[], features, module);
        let (cost, seconds) = SearchCost::measure(passes, &batch, weights, &self.config.feature_costs)?;
        self.budget.add(seconds);
        Ok(cost)
    }

    /// The rows of the queries that costs are measured on.
    fn measured(&self) -> Vec<usize> {
        let queries = self.batch.dense.len();
        (0..queries).step_by(queries.div_ceil(MEASURED)).collect()
    }

    /// The features that are left out of each variant, so that the others fit a search budget: the dearest first. The frozen
    /// similarity stays. What the data have nothing of is weighed by no trial, so what it would take counts nowhere.
    pub(crate) fn features_too_dear(&self, search_budget: f64) -> Result<Vec<TooDear>, Error> {
        let mut all = Vec::new();
        for variant in self.variants() {
            let asked = self.as_asked(variant)?;
            let mut features = self.features(variant, Learns::Neighbours);
            features.retain(|feature| feature.has_items(self.collection) && feature.has_queries(&asked));
            let cost = self.search_cost(variant, features, None, &Weights::frozen())?;
            all.extend(dearest(cost, search_budget).into_iter().map(|(name, milliseconds)| TooDear {
                name,
                variant,
                cpu_milliseconds: rounded(milliseconds),
            }));
        }
        Ok(all)
    }

    /// The queries that costs are measured on, as a saved choice would be asked them.
    fn as_asked(&self, variant: Variant) -> Result<AutoQueries, CoreError> {
        let rows = self.measured();
        let mut asked = AutoQueries::new(self.batch.dense.select(&rows)?);
        if let (Variant::Hybrid, Some(lexical)) = (variant, &self.batch.lexical) {
            asked = asked.with_lexical(lexical.counts.select_rows(&rows)?)?;
        }
        if let Some(tokens) = self.queries.tokens() {
            asked = asked.with_tokens(tokens.select_rows(&rows)?)?;
        }
        asked.further = further_queries::select(&self.batch.further, &rows)?;
        match self.queries.set().left_out() {
            [] => Ok(asked),
            items => asked.with_left_out(rows.iter().map(|&row| items[row]).collect()),
        }
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
