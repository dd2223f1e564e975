//! How much each feature counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::{
    feature::Feature,
    table::{all, find, own_names},
};

/// The name of the feature whose weight is fixed at 1.
pub(crate) const DENSE: &str = "dense";

/// How much each [`Feature`](crate::Feature) counts, by name: an item's score is the sum of its features under these weights,
/// 0 or more each.
///
/// ```
/// use ess_auto::Weights;
///
/// let weights = Weights::frozen().with("lexical", 0.8);
/// assert_eq!((weights.get("dense"), weights.get("lexical")), (1.0, 0.8));
/// assert_eq!(weights.shrunk(0.5).get("lexical"), 0.4);
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, f32>")]
// All of this crate's, in their order, and then others.
pub struct Weights(Vec<(&'static str, f32)>);

impl Weights {
    /// The frozen encoder alone.
    pub fn frozen() -> Self {
        Self(own_names().into_iter().map(|name| (name, 0.0)).collect()).with(DENSE, 1.0)
    }

    /// What does no harm on a collection that was not trained on: [`Feature::cautious_weight`](crate::Feature::cautious_weight)
    /// of all features, those of this crate and registered ones. This crate's were chosen on training and dev queries of four collections. On each of them lexical features and tokens with these weights,
    /// beside the frozen similarity, gained .008 to .071 nDCG@10.
    pub fn cautious() -> Self {
        let cautious =
            |weights: Self, feature: &dyn Feature| weights.with(feature.name(), feature.cautious_weight());
        all().into_iter().fold(Self::frozen(), cautious)
    }

    /// The weight of a feature; 0 for one that has none.
    pub fn get(&self, feature: &str) -> f32 {
        self.iter().find(|(name, _)| *name == feature).map_or(0.0, |(_, weight)| weight)
    }

    /// The name and the weight of each feature: those of this crate, and others that have one.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f32)> {
        self.0.iter().copied()
    }

    /// The same weights but one.
    #[must_use]
    pub fn with(mut self, feature: &'static str, weight: f32) -> Self {
        match self.0.iter_mut().find(|(name, _)| *name == feature) {
            Some((_, old)) => *old = weight,
            None if weight != 0.0 => self.0.push((feature, weight)),
            None => {}
        }
        self
    }

    /// A share of the way from the frozen encoder to these weights.
    #[must_use]
    pub fn shrunk(&self, share: f32) -> Self {
        Self::frozen().towards(self, share)
    }

    /// A share of the way from these weights to others.
    #[must_use]
    pub fn towards(&self, other: &Self, share: f32) -> Self {
        self.combined(other, |from, to| from + share * (to - from))
    }

    /// The smaller of both weights, feature by feature.
    #[must_use]
    pub fn at_most(&self, other: &Self) -> Self {
        self.combined(other, f32::min)
    }

    fn combined(&self, other: &Self, combine: impl Fn(f32, f32) -> f32) -> Self {
        let both = self.iter().map(|(name, weight)| (name, combine(weight, other.get(name))));
        let more = other.iter().filter(|(name, _)| self.iter().all(|(own, _)| own != *name));
        Self(both.chain(more.map(|(name, weight)| (name, combine(0.0, weight)))).collect())
    }

    /// The same ratios, with the frozen similarity at 1; as they are where it has no weight.
    pub(crate) fn with_dense_at_one(&self) -> Self {
        let dense = self.get(DENSE);
        let divisor = if dense > 0.0 { dense } else { 1.0 };
        Self(self.iter().map(|(name, weight)| (name, weight / divisor)).collect())
    }

    /// Whether all are numbers of 0 or more, as they are chosen; what is read from a file may be anything.
    pub(crate) fn are_numbers(&self) -> bool {
        self.iter().all(|(_, weight)| weight.is_finite() && weight >= 0.0)
    }

    /// The sum of what all weights differ by.
    pub(crate) fn distance(&self, other: &Self) -> f32 {
        self.combined(other, |a, b| (a - b).abs()).iter().map(|(_, difference)| difference).sum()
    }

    /// The mean of several; the frozen encoder of none.
    pub(crate) fn mean(all: &[Self]) -> Self {
        let Some((first, others)) = all.split_first() else {
            return Self::frozen();
        };
        let sum = others.iter().fold(first.clone(), |sum, next| sum.combined(next, |a, b| a + b));
        Self(sum.iter().map(|(name, sum)| (name, sum / all.len() as f32)).collect())
    }

    /// Those of some features, in their order.
    pub(crate) fn of(&self, features: &[&'static dyn Feature]) -> Vec<f32> {
        features.iter().map(|feature| self.get(feature.name())).collect()
    }
}

impl Serialize for Weights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl TryFrom<BTreeMap<String, f32>> for Weights {
    type Error = String;

    fn try_from(map: BTreeMap<String, f32>) -> Result<Self, String> {
        if let Some(name) = map.keys().find(|name| find(name).is_none()) {
            return Err(format!(
                "a weight of {name:?}, which is no feature (register_feature makes one known)"
            ));
        }
        let weight = |feature: &dyn Feature| {
            let mut names = [feature.name()].into_iter().chain(feature.earlier_names().iter().copied());
            names.find_map(|name| map.get(name)).copied()
        };
        let weights = Self::frozen().with(DENSE, 0.0);
        let weighed = all().into_iter().filter_map(|feature| Some((feature.name(), weight(feature)?)));
        Ok(weighed.fold(weights, |weights, (name, weight)| weights.with(name, weight)))
    }
}

/// The features that weights of both passes look at, with the frozen similarity.
pub(crate) fn weighed(first: &Weights, second: &Weights) -> Vec<&'static dyn Feature> {
    let weighs = |name| name == DENSE || first.get(name) > 0.0 || second.get(name) > 0.0;
    all().into_iter().filter(|feature| weighs(feature.name())).collect()
}
