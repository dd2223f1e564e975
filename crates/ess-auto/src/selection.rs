//! Which of the trials is taken: the one-standard-error rule, and the frozen encoder as the floor.

use ess_metrics::Bootstrap;
use serde::{Deserialize, Serialize};

use crate::{
    AutoConfig, Error, Weights,
    trial::{SHRINKS, TrialRecord, Variant},
};

/// What was chosen, and the evidence: everything measured on held-out queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The trial that was taken; `None` for the frozen encoder.
    pub trial: Option<String>,
    /// Why, in words.
    pub reason: String,
    /// How far from the frozen encoder's the weights are, of the way to the fitted ones; 0 to 1.
    pub share: f32,
    /// The weights of the first pass.
    pub first: Weights,
    /// The weights of the second pass, which rank.
    pub second: Weights,
    /// Held-out queries.
    pub queries: usize,
    /// nDCG@10 of the frozen encoder on them.
    pub frozen: f64,
    /// nDCG@10 of what the interval is about: the trial that was taken or, where none was, the best.
    pub chosen: f64,
    /// The paired bootstrap interval of the gain.
    pub interval: [f64; 2],
    /// The level of the interval.
    pub confidence: f64,
    /// Cosines to the nearest training query: at the first and below, a query is searched with cautious weights; at the
    /// second and above, with these.
    pub gate: [f32; 2],
}

/// How much wider an interval of percentiles should be for few queries: `n − 1` for `n`, and Student's t for the normal
/// (the first term of its expansion at 95 %).
fn for_few(queries: usize) -> f64 {
    let freedom = (queries as f64 - 1.0).max(1.0);
    (queries as f64 / freedom).sqrt() * (1.0 + 4.84 / (4.0 * freedom))
}

/// A trial and a share of the way to its weights.
struct Candidate<'t> {
    trial: &'t TrialRecord,
    share: usize,
    values: Vec<f64>,
}

impl Choice {
    /// Chooses among finished trials, which come in order of simplicity; `None` when there is none of this variant.
    pub(crate) fn make(
        trials: &[TrialRecord],
        variant: Variant,
        config: &AutoConfig,
    ) -> Result<Option<Self>, Error> {
        let mut candidates = Vec::new();
        for trial in trials {
            let Some(record) = trial.variants.get(&variant) else { continue };
            candidates.extend(record.values.iter().enumerate().map(|(share, values)| Candidate {
                trial,
                share,
                values: doubles(values),
            }));
        }
        let Some(best) = candidates.iter().max_by(|a, b| mean(&a.values).total_cmp(&mean(&b.values))) else {
            return Ok(None);
        };
        if best.values.is_empty() {
            return Ok(Some(Self::frozen("no query could be held out: the frozen encoder is kept", config)));
        }
        let close = |candidate: &&Candidate<'_>| {
            let differences: Vec<f64> =
                best.values.iter().zip(&candidate.values).map(|(a, b)| a - b).collect();
            mean(&differences) <= config.standard_errors * standard_error(&differences)
        };
        let taken = candidates.iter().find(close).unwrap_or(best);
        let record = &taken.trial.variants[&variant];
        let frozen = doubles(&record.frozen);
        let bootstrap = Bootstrap { seed: config.seed, ..Bootstrap::default() };
        let interval = bootstrap.difference_interval(&frozen, &taken.values, config.confidence)?;
        let gain = mean(&taken.values) - mean(&frozen);
        let interval = interval.map(|end| rounded(gain + for_few(frozen.len()) * (end - gain)));
        let better = interval[0] > 0.0;
        let (frozen, chosen) = (rounded(mean(&frozen)), rounded(mean(&taken.values)));
        let reason = format!(
            "on {} held-out queries nDCG@10 changes by {:+.4} from {frozen:.4}, {} % interval {:+.4} to {:+.4}{}",
            taken.values.len(),
            chosen - frozen,
            100.0 * config.confidence,
            interval[0],
            interval[1],
            if better { "" } else { ": no evidence of a gain, so the frozen encoder is kept" },
        );
        let share = if better { SHRINKS[taken.share] } else { 0.0 };
        Ok(Some(Self {
            trial: better.then(|| taken.trial.name.clone()),
            reason,
            share,
            first: if better { record.first } else { Weights::frozen() },
            second: record.second.shrunk(share),
            queries: taken.values.len(),
            frozen,
            chosen,
            interval,
            confidence: config.confidence,
            gate: record.gate,
        }))
    }

    /// The frozen encoder, for a reason other than the evidence.
    pub(crate) fn frozen(reason: &str, config: &AutoConfig) -> Self {
        Self {
            trial: None,
            reason: reason.to_owned(),
            share: 0.0,
            first: Weights::frozen(),
            second: Weights::frozen(),
            queries: 0,
            frozen: 0.0,
            chosen: 0.0,
            interval: [0.0, 0.0],
            confidence: config.confidence,
            gate: [-1.0, -1.0],
        }
    }
}

/// To six places, which JSON keeps exactly.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn standard_error(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let count = values.len() as f64;
    (squares / (count - 1.0).max(1.0) / count.max(1.0)).sqrt()
}
