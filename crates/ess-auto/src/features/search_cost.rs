//! What searching costs, feature by feature.

use std::collections::BTreeMap;

use cpu_time::ThreadTime;
use ess_core::Error;
use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};

use super::{feature::Feature, meter::Meter, passes::Passes, weights::Weights};
use crate::input::batch::Batch;

/// How many hits are ranked for each query while it is measured.
const RANKED: usize = 10;

/// What a search takes: CPU-milliseconds a query, of one thread. Queries and items are encoded before; what that takes counts
/// where [`AutoConfig::feature_costs`](crate::AutoConfig::feature_costs) says it.
///
/// ```
/// use ess_auto::SearchCost;
///
/// let said = r#"{"total": 2.5, "shared": 1.5, "features": {"dense": 0.25, "tokens": 0.75}}"#;
/// let cost: SearchCost = serde_json::from_str(said).unwrap();
/// assert_eq!((cost.total, cost.features["tokens"]), (2.5, 0.75));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchCost {
    /// All of it.
    pub total: f64,
    /// What each choice of the collection takes, whatever it weighs: searches of the indexes of embeddings, passages and texts,
    /// a look at every training query, feedback, and ranking; and the search by a trained module that is chosen, where nothing
    /// weighs what it adds.
    pub shared: f64,
    /// What each feature that is weighed takes, by its name: its values, and the search by a further encoder or a trained module
    /// that is made for it.
    pub features: BTreeMap<String, f64>,
}

impl SearchCost {
    /// Of both passes over some queries, under weights that decide what the second reads, with the CPU-seconds that measuring
    /// took. `declared` is what features take beside what is measured, which nobody spends here.
    pub(crate) fn measure(
        passes: Passes<'_>,
        batch: &Batch,
        weights: &Weights,
        declared: &BTreeMap<String, f64>,
    ) -> Result<(Self, f64), Error> {
        let (meter, features) = (Meter::default(), passes.features.clone());
        let passes = Passes { meter: Some(&meter), ..passes };
        // One thread, so that all that is done stands in its time, and no idle one adds to it.
        let pool = ThreadPoolBuilder::new().num_threads(1).build().map_err(Error::external)?;
        let seconds = pool.install(|| {
            let started = ThreadTime::now();
            let searched = passes.search(batch, weights, [-1.0, -1.0])?;
            (0..batch.dense.len()).for_each(|row| drop(searched.rank(row, weights, RANKED)));
            Ok::<f64, Error>(started.elapsed().as_secs_f64())
        })?;
        let queries = batch.dense.len().max(1) as f64;
        let milliseconds = |seconds: f64| 1000.0 * seconds / queries;
        let spent = meter.into_seconds().into_iter().map(|(name, seconds)| (name, milliseconds(seconds)));
        Ok((Self::of(milliseconds(seconds), spent.collect(), &features, declared), seconds))
    }

    /// Of what was measured in all and under each name, those of features and of further encoders. What no feature that is
    /// listed takes is shared.
    fn of(
        measured: f64,
        mut spent: BTreeMap<String, f64>,
        features: &[&'static dyn Feature],
        declared: &BTreeMap<String, f64>,
    ) -> Self {
        let mut shared = measured;
        let mut of_feature = |feature: &&'static dyn Feature| {
            let names = [Some(feature.name()), feature.encoding()].into_iter().flatten();
            // An encoder that two features read is the first one's.
            let own: f64 = names.filter_map(|name| spent.remove(name)).sum();
            shared -= own;
            let declared = declared.get(feature.name()).copied().unwrap_or(0.0);
            (feature.name().to_owned(), own + declared)
        };
        let features: BTreeMap<String, f64> = features.iter().map(&mut of_feature).collect();
        let shared = shared.max(0.0);
        Self { total: shared + features.values().sum::<f64>(), shared, features }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::table::find;

    #[test]
    fn costs_are_those_of_features_and_what_is_left_is_shared() {
        let features = ["dense", "tokens"].map(|name| find(name).unwrap());
        let spent = BTreeMap::from([("dense".to_owned(), 1.0), ("tokens".to_owned(), 4.0)]);
        let declared = BTreeMap::from([("tokens".to_owned(), 2.0), ("passages".to_owned(), 9.0)]);
        let cost = SearchCost::of(7.5, spent, &features, &declared);
        assert_eq!((cost.total, cost.shared), (9.5, 2.5));
        assert_eq!((cost.features["dense"], cost.features["tokens"]), (1.0, 6.0));
        assert_eq!(cost.features.len(), 2);
    }

    #[test]
    fn what_a_module_takes_that_nothing_weighs_is_part_of_every_search() {
        let spent = || BTreeMap::from([("dense".to_owned(), 1.0), ("trained_module".to_owned(), 3.0)]);
        let cost = |names: &[&str]| {
            let features: Vec<_> = names.iter().map(|name| find(name).unwrap()).collect();
            SearchCost::of(7.5, spent(), &features, &BTreeMap::new())
        };
        let (without, with) = (cost(&["dense"]), cost(&["dense", "trained_module"]));
        assert_eq!((without.total, without.shared, without.features.len()), (7.5, 6.5, 1));
        assert_eq!((with.total, with.shared, with.features["trained_module"]), (7.5, 3.5, 3.0));
    }
}
