//! Which of the trials is taken: none that loses on a group of queries, the one-standard-error rule, and the frozen
//! encoder as the baseline.

use serde::{Deserialize, Serialize};

use super::{
    candidate::{Candidate, HeldOutGain, candidates, doubles, mean},
    evidence::Evidence,
};
use crate::{
    config::AutoConfig,
    error::Error,
    features::weights::Weights,
    input::variant::Variant,
    validation::trial::{SHRINKS, TrialRecord, rounded},
};

const TOO_DEAR: &str = "what was tried loses on queries with new items or on those with known ones, or takes more than the \
                        search budget: the frozen encoder is kept";

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
    /// The interval of the gain. It reaches so many standard errors to both sides as the largest t statistic of all candidates
    /// (trials, times shares of the way to their weights) has by chance. To the lower side it reaches as far as losses that no
    /// held-out query has shown may go ([`AutoConfig::confidence`]). It is paid for that one of many was chosen.
    pub interval: [f64; 2],
    /// The level of the interval.
    pub confidence: f64,
    /// The gain on held-out queries with a relevant item that the others knew, where there are such.
    pub seen: Option<HeldOutGain>,
    /// The gain on held-out queries whose relevant items are new to the others, where there are such.
    pub unseen: Option<HeldOutGain>,
    /// How many candidates (trials, times shares of the way to their weights) were refused because they lose on one of
    /// these groups.
    #[serde(default)]
    pub refused: usize,
    /// Cosines to the nearest training query: at the first and below, a query is searched with cautious weights; at the
    /// second and above, with these.
    pub gate: [f32; 2],
}

impl Choice {
    /// Chooses among finished trials, which come in order of simplicity; `None` when there is none of this variant.
    ///
    /// Candidates that lose on seen or on unseen queries (mean and one standard error below 0), and those that take more than the
    /// search budget, are refused first. The interval
    /// of what is taken counts all candidates, refused ones among them, so that where nothing helps something is taken no
    /// more often than in `(1 − confidence) / 2` of choices, whichever queries lose and however rarely.
    ///
    /// # Errors
    /// Those of [`UnseenLosses`](ess_metrics::UnseenLosses), for values that are no numbers.
    pub(crate) fn make(
        trials: &[TrialRecord],
        variant: Variant,
        config: &AutoConfig,
    ) -> Result<Option<Self>, Error> {
        let all = candidates(trials, variant);
        let (lose, others): (Vec<&Candidate<'_>>, Vec<_>) =
            all.iter().partition(|candidate| candidate.loses());
        let refused = lose.len();
        let dear = |candidate: &&Candidate<'_>| candidate.is_too_dear(variant, config);
        let (dear, kept): (Vec<_>, Vec<_>) = others.into_iter().partition(dear);
        let by_mean = |a: &&&Candidate<'_>, b: &&&Candidate<'_>| mean(&a.values).total_cmp(&mean(&b.values));
        let Some(best) = kept.iter().max_by(by_mean) else {
            let reason = "all that was tried loses on queries with new items or on those with known ones: \
                          the frozen encoder is kept";
            let reason = if dear.is_empty() { reason } else { TOO_DEAR };
            return Ok((!all.is_empty()).then(|| Self { refused, ..Self::frozen(reason, config) }));
        };
        if best.values.is_empty() {
            return Ok(Some(Self::frozen("no query could be held out: the frozen encoder is kept", config)));
        }
        let taken = kept.iter().find(|candidate| candidate.is_close_to(best, config)).unwrap_or(best);
        let evidence = Evidence::of(taken, &all, config)?;
        Ok(Some(Self { refused, ..Self::of(taken, variant, &evidence, config) }))
    }

    /// A candidate, or the frozen encoder where the interval of the candidate's gain does not lie above 0.
    fn of(taken: &Candidate<'_>, variant: Variant, evidence: &Evidence, config: &AutoConfig) -> Self {
        let record = &taken.trial.variants[&variant];
        let (better, interval) = (evidence.is_better(), evidence.interval);
        let (frozen, chosen) = (rounded(mean(&doubles(&record.frozen))), rounded(mean(&taken.values)));
        let reason = format!(
            "on {} held-out queries nDCG@10 changes by {:+.4} from {frozen:.4}, {} % interval {:+.4} to {:+.4}{}",
            taken.values.len(),
            chosen - frozen,
            100.0 * config.confidence,
            interval[0],
            interval[1],
            if better { String::new() } else { evidence.against() },
        );
        let share = if better { SHRINKS[taken.share] } else { 0.0 };
        Self {
            trial: better.then(|| taken.trial.name.clone()),
            share,
            first: if better { record.first.clone() } else { Weights::frozen() },
            second: record.second.shrunk(share),
            queries: taken.values.len(),
            frozen,
            chosen,
            interval,
            seen: taken.gains[0],
            unseen: taken.gains[1],
            gate: record.gate,
            ..Self::frozen(&reason, config)
        }
    }

    /// The frozen encoder with the evidence of this one.
    pub(crate) fn without_trial(&self, config: &AutoConfig) -> Self {
        let Self { trial, share, first, second, .. } = Self::frozen(&self.reason, config);
        Self { trial, share, first, second, ..self.clone() }
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
            seen: None,
            unseen: None,
            refused: 0,
            gate: [-1.0, -1.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::validation::trial::VariantRecord;

    /// 60 seen and 60 unseen queries: what a trial changes on each, with a little noise.
    fn trial(name: &str, seen: f32, unseen: f32) -> TrialRecord {
        let is_seen: Vec<bool> = (0..120).map(|query| query < 60).collect();
        let values = is_seen.iter().zip(0..).map(|(&is_seen, query)| {
            let noise = if query % 2 == 0 { 0.05 } else { -0.05 };
            0.5 + noise + if is_seen { seen } else { unseen }
        });
        let values: Vec<f32> = values.collect();
        let weights = Weights::frozen().with("dense_neighbours", 0.5);
        let record = VariantRecord {
            first: weights.clone(),
            second: weights,
            values: vec![values; SHRINKS.len()],
            frozen: vec![0.5; 120],
            gate: [0.1, 0.2],
            search_milliseconds: None,
        };
        TrialRecord {
            name: name.to_owned(),
            module: None,
            seen: is_seen,
            variants: BTreeMap::from([(Variant::Dense, record)]),
            cpu_seconds: 1.0,
        }
    }

    fn choose(trials: &[TrialRecord]) -> Choice {
        Choice::make(trials, Variant::Dense, &AutoConfig::default()).unwrap().unwrap()
    }

    #[test]
    fn a_gain_on_known_items_does_not_hide_a_loss_on_new_ones() {
        let choice = choose(&[trial("memory", 0.3, -0.05)]);
        assert_eq!((choice.trial, choice.refused, choice.share), (None, 4, 0.0));
        assert!(choice.reason.contains("new items"), "{}", choice.reason);
        // What gains less, but nowhere loses, is taken instead.
        let choice = choose(&[trial("simple", 0.05, 0.05), trial("memory", 0.3, -0.05)]);
        assert_eq!((choice.trial.as_deref(), choice.refused), (Some("simple"), 4));
        let unseen = choice.unseen.unwrap();
        assert_eq!((unseen.queries, unseen.gain), (60, 0.05));
    }

    #[test]
    fn a_loss_on_new_items_within_chance_refuses_nothing() {
        let choice = choose(&[trial("memory", 0.3, -0.002)]);
        assert_eq!((choice.trial.as_deref(), choice.refused), (Some("memory"), 0));
    }

    #[test]
    fn a_loss_on_known_items_refuses_too() {
        assert_eq!(choose(&[trial("odd", -0.05, 0.3)]).trial, None);
    }
}
