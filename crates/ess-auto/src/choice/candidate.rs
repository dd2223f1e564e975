//! What may be taken: a trial, and a share of the way to its weights.

use serde::{Deserialize, Serialize};

use crate::{
    config::AutoConfig,
    input::variant::Variant,
    validation::trial::{TrialRecord, rounded},
};

/// What a choice gains on a group of held-out queries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[doc(alias = "GroupGain")]
pub struct HeldOutGain {
    /// Queries of the group.
    pub queries: usize,
    /// The mean gain over the frozen encoder, nDCG@10.
    pub gain: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl HeldOutGain {
    /// The gain where `group` has `wanted`; `None` for no such query.
    pub(super) fn of(differences: &[f64], group: &[bool], wanted: bool) -> Option<Self> {
        let chosen = differences.iter().zip(group).filter(|(_, is)| **is == wanted);
        let chosen: Vec<f64> = chosen.map(|(difference, _)| *difference).collect();
        let (queries, gain, standard_error) = (chosen.len(), mean(&chosen), standard_error(&chosen));
        (queries > 0).then_some(Self {
            queries,
            gain: rounded(gain),
            standard_error: rounded(standard_error),
        })
    }

    /// Whether it loses by more than what chance explains easily.
    pub(super) fn loses(&self) -> bool {
        self.queries > 1 && self.gain + for_few(self.queries) * self.standard_error < 0.0
    }
}

/// How much wider an interval of percentiles should be for few queries: `n − 1` for `n`, and Student's t for the normal
/// (the first term of its expansion at 95 %).
fn for_few(queries: usize) -> f64 {
    let freedom = (queries as f64 - 1.0).max(1.0);
    (queries as f64 / freedom).sqrt() * (1.0 + 4.84 / (4.0 * freedom))
}

/// A trial and a share of the way to its weights.
pub(super) struct Candidate<'t> {
    pub(super) trial: &'t TrialRecord,
    pub(super) share: usize,
    pub(super) values: Vec<f64>,
    /// From the frozen encoder.
    pub(super) differences: Vec<f64>,
    // On seen and on unseen queries.
    pub(super) gains: [Option<HeldOutGain>; 2],
}

impl Candidate<'_> {
    /// That of its trial.
    pub(super) fn name(&self) -> &str {
        &self.trial.name
    }

    pub(super) fn gain(&self) -> f64 {
        mean(&self.differences)
    }

    /// Of the gain.
    pub(super) fn standard_error(&self) -> f64 {
        standard_error(&self.differences)
    }

    /// Whether it loses on seen or on unseen queries: held-out queries are a mixture of both, what is to come may be
    /// another one, and a gain on one kind must not hide a loss on the other.
    pub(super) fn loses(&self) -> bool {
        self.gains.iter().flatten().any(HeldOutGain::loses)
    }

    /// Whether searching with it takes more than there is a budget for.
    pub(super) fn is_too_dear(&self, variant: Variant, config: &AutoConfig) -> bool {
        let cost = self.trial.variants.get(&variant).and_then(|record| record.search_milliseconds);
        cost.zip(config.search_budget).is_some_and(|(cost, budget)| cost > budget)
    }

    /// Whether it is worse than the best by no more than the standard errors that the settings allow.
    pub(super) fn is_close_to(&self, best: &Self, config: &AutoConfig) -> bool {
        let differences: Vec<f64> = best.values.iter().zip(&self.values).map(|(a, b)| a - b).collect();
        mean(&differences) <= config.standard_errors * standard_error(&differences)
    }
}

/// Every share of the way to every trial's weights.
pub(super) fn candidates(trials: &[TrialRecord], variant: Variant) -> Vec<Candidate<'_>> {
    let mut candidates = Vec::new();
    for trial in trials {
        let Some(record) = trial.variants.get(&variant) else { continue };
        let frozen = doubles(&record.frozen);
        for (share, values) in record.values.iter().enumerate() {
            let values = doubles(values);
            let differences: Vec<f64> = values.iter().zip(&frozen).map(|(a, b)| a - b).collect();
            let gains = [true, false].map(|wanted| HeldOutGain::of(&differences, &trial.seen, wanted));
            candidates.push(Candidate { trial, share, values, differences, gains });
        }
    }
    candidates
}

pub(super) fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

pub(super) fn standard_error(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let count = values.len() as f64;
    (squares / (count - 1.0).max(1.0) / count.max(1.0)).sqrt()
}
