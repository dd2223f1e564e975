//! One trial: what it learns beside the weights, and what it found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    config::TrainedModuleConfig,
    features::{
        feature::{Feature, LearnedFrom},
        weights::Weights,
    },
    input::variant::Variant,
};

/// Shares of the way from the frozen encoder to the fitted weights that are judged.
pub(crate) const SHRINKS: [f32; 4] = [0.25, 0.5, 0.75, 1.0];

/// What a trial learns from training queries beside the weights.
#[derive(Clone, Copy)]
pub(crate) enum Learns<'c> {
    /// Nothing: the weights of features that need no training.
    Nothing,
    /// Nearest neighbours.
    Neighbours,
    /// Nearest neighbours and a trained module.
    Module(&'c TrainedModuleConfig),
}

impl<'c> Learns<'c> {
    /// Whatever is tried, simple things first.
    pub(crate) fn all(modules: &'c [TrainedModuleConfig]) -> impl Iterator<Item = Self> {
        [Self::Nothing, Self::Neighbours].into_iter().chain(modules.iter().map(Self::Module))
    }

    pub(crate) fn name(self) -> &'c str {
        match self {
            Self::Nothing => "weights alone",
            Self::Neighbours => "no trained module",
            Self::Module(module) => &module.name,
        }
    }

    pub(crate) fn module(self) -> Option<&'c TrainedModuleConfig> {
        if let Self::Module(module) = self { Some(module) } else { None }
    }

    pub(crate) fn allows(self, feature: &dyn Feature) -> bool {
        match self {
            Self::Nothing => feature.learned_from() == LearnedFrom::Nothing,
            Self::Neighbours => feature.learned_from() != LearnedFrom::Module,
            Self::Module(_) => true,
        }
    }
}

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialRecord {
    pub(crate) name: String,
    #[serde(alias = "head")]
    pub(crate) module: Option<TrainedModuleConfig>,
    /// Whether each judged query has a relevant item that is relevant to a query of another fold.
    pub(crate) seen: Vec<bool>,
    pub(crate) variants: BTreeMap<Variant, VariantRecord>,
    pub(crate) cpu_seconds: f64,
}

impl TrialRecord {
    /// What is wrong with one that was read from a file, if anything is: sizes that do not fit, and values that nothing can have.
    pub(crate) fn fault(&self) -> Option<String> {
        let queries = self.seen.len();
        let time = self.cpu_seconds.is_finite() && self.cpu_seconds >= 0.0;
        let fault = self.variants.values().find_map(|record| record.fault(queries));
        fault.or_else(|| (!time).then(|| format!("{} CPU-seconds", self.cpu_seconds)))
    }
}

/// What a trial found of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantRecord {
    /// The weights of the first pass, the mean of those of all folds.
    pub(crate) first: Weights,
    /// The weights of the second pass, likewise.
    pub(crate) second: Weights,
    /// nDCG@10 of each judged query under each share of [`SHRINKS`], by what was learned without its fold.
    pub(crate) values: Vec<Vec<f32>>,
    /// nDCG@10 of each judged query by the frozen encoder.
    pub(crate) frozen: Vec<f32>,
    /// Cosines to the nearest training query: the 1 % and the 10 % quantile of held-out queries.
    pub(crate) gate: [f32; 2],
    /// What a search with these weights takes, CPU-milliseconds a query; measured where there is a budget for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) search_milliseconds: Option<f64>,
}

impl VariantRecord {
    fn fault(&self, queries: usize) -> Option<String> {
        if self.values.len() != SHRINKS.len() {
            return Some(format!("values of {} shares", self.values.len()));
        }
        let all = || self.values.iter().chain([&self.frozen]);
        if let Some(values) = all().find(|values| values.len() != queries) {
            return Some(format!("values of {} queries", values.len()));
        }
        if let Some(value) = all().flatten().find(|value| !(0.0..=1.0).contains(*value)) {
            return Some(format!("an nDCG of {value}"));
        }
        let weights = self.first.are_numbers() && self.second.are_numbers();
        if let Some(cost) = self.search_milliseconds.filter(|cost| !(cost.is_finite() && *cost >= 0.0)) {
            return Some(format!("{cost} milliseconds a query"));
        }
        let gate = self.gate.iter().all(|end| end.is_finite());
        (!(weights && gate)).then(|| "weights that are no numbers of 0 or more".to_owned())
    }
}

/// Rounded to six decimal places, which JSON keeps exactly.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
