//! What happened in an automatic choice, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::selection::Choice;
use crate::{
    config::AutoConfig,
    features::search_cost::SearchCost,
    input::{encoding_kind::EncodingKind, variant::Variant},
    validation::{
        folds::FoldEvidence,
        too_dear::TooDear,
        trial::{TrialRecord, VariantRecord, rounded},
    },
};

/// What was tried, what was found and what was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoReport {
    /// The settings.
    pub config: AutoConfig,
    /// Training queries, dev not counted.
    pub train_queries: usize,
    /// Dev queries.
    pub dev_queries: usize,
    /// Dev queries whose embedding is nearly that of a training query (cosine of at least 0.95).
    pub dev_near_duplicates: usize,
    /// Items.
    pub items: usize,
    /// Passages of the items; 0 where there are none.
    #[serde(default)]
    pub passages: usize,
    /// Tokens of the items, where they and the queries have token states; 0 where not.
    #[serde(default)]
    pub item_tokens: usize,
    /// What further encoders gave for items and queries, and other systems for queries, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub encodings: BTreeMap<String, EncodingKind>,
    /// How queries were held out.
    pub folds: FoldEvidence,
    /// The choice that looks at embeddings alone.
    pub dense: Choice,
    /// The choice that looks at texts too, where there are texts.
    pub hybrid: Option<Choice>,
    /// Finished trials.
    pub trials: Vec<TrialSummary>,
    /// Trials that were not run, or not to their end.
    pub skipped: Vec<SkippedTrial>,
    /// What searching with each of the two choices takes, measured on this machine on some of the queries once the choice is
    /// made, in time that counts nowhere else in this report. None of fewer than
    /// [`Auto::MIN_QUERIES`](crate::Auto::MIN_QUERIES) queries, where measuring failed, and in reports of versions that did not
    /// measure it.
    #[serde(default)]
    pub search_costs: BTreeMap<Variant, SearchCost>,
    /// Features that were left out before the first trial, so that the others fit
    /// [`AutoConfig::search_budget`](crate::AutoConfig::search_budget); those of an earlier run that this one goes on from stay.
    #[serde(default)]
    pub features_too_dear: Vec<TooDear>,
    /// Trials that were not chosen from, because searching with what they weigh takes more than the search budget.
    #[serde(default)]
    pub trials_too_dear: Vec<TooDear>,
    /// CPU-seconds of all threads, earlier runs that were resumed included.
    pub cpu_seconds: f64,
    /// Wall-clock seconds of this run.
    pub seconds: f64,
}

/// A finished trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialSummary {
    /// Its name.
    pub name: String,
    /// nDCG@10 on held-out queries with all of the fitted weights.
    pub ndcg: BTreeMap<Variant, f64>,
    /// CPU-seconds.
    pub cpu_seconds: f64,
}

/// A trial that is not part of the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedTrial {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl TrialSummary {
    pub(crate) fn of(trial: &TrialRecord) -> Self {
        let mean = |values: &Vec<f32>| {
            rounded(values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len().max(1) as f64)
        };
        let last =
            |(variant, record): (&Variant, &VariantRecord)| Some((*variant, mean(record.values.last()?)));
        Self {
            name: trial.name.clone(),
            ndcg: trial.variants.iter().filter_map(last).collect(),
            cpu_seconds: trial.cpu_seconds,
        }
    }
}
