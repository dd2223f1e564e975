//! Never worse than the frozen encoder: the baseline guard.

use ess_metrics::ChoiceTest;
use ess_search::{DeviceEncoding, PersistentModule};
use serde::{Deserialize, Serialize};

use super::reason::reason;
use crate::{
    data::{dev_set::DevSet, looks::Seen},
    error::Error,
    trainer::config::TrainerConfig,
};

/// Which module a fit returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// The trained module.
    Trained,
    /// The identity: the frozen encoder's own ranking.
    Identity,
}

/// The baseline guard: which module was returned, and the evidence.
///
/// The trained module is returned where [`ChoiceTest`] finds it better than the identity on dev. The test leaves out queries
/// on which both are equally good. Every module that was measured on dev counts as a candidate: one for each setting, and for
/// each step at which dev was measured. A module that is no better than the identity is returned with a probability of at
/// most `(1 − confidence) / 2`, which is one in 200 at the default level of 99 %. This holds also for a module that loses so
/// rarely that the dev queries show no loss. With few dev queries only large gains pass: [`ChoiceTest`] has a table. Whole
/// trainings with nothing to learn were simulated for modules that stop on dev, ensembles of such, item offsets and fits with a
/// closed form; other recipes are judged by the same test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[doc(alias = "floor")]
pub struct GuardDecision {
    /// Which module was returned.
    pub returned: Returned,
    /// Why, in words.
    pub reason: String,
    /// The measure on dev.
    pub measure: String,
    /// The trained module's mean on dev.
    pub trained: f64,
    /// The identity's mean on dev, where there is an identity.
    pub identity: Option<f64>,
    /// The interval of `trained − identity`, low and high; `None` without an identity, or where too few queries differ to
    /// state one.
    pub interval: Option<[f64; 2]>,
    /// The level of the interval.
    pub confidence: f64,
    /// The one-sided p-value of the sign-flip test, corrected for the choice among candidates; `None` without an identity,
    /// and in reports of earlier versions.
    #[serde(default)]
    pub p: Option<f64>,
    /// The one-sided p-value that allows for losses which no dev query has shown, corrected likewise; `None` as for `p`.
    #[serde(default)]
    pub p_unseen_losses: Option<f64>,
    /// The number of dev queries on which the trained module and the identity differ; `None` as for `p`.
    #[serde(default)]
    pub differing: Option<usize>,
    /// The number of candidates: different modules that were measured on dev; `None` as for `p`.
    #[serde(default)]
    pub candidates: Option<usize>,
}

impl GuardDecision {
    /// Compares a trained module with the identity on dev queries.
    pub(crate) fn make<E: DeviceEncoding>(
        trained: &dyn PersistentModule<E>,
        identity: Option<&dyn PersistentModule<E>>,
        dev: &DevSet<'_, E>,
        config: &TrainerConfig,
    ) -> Result<Self, Error> {
        let values = dev.per_query(trained)?;
        let baseline = identity.map(|identity| dev.per_query(identity)).transpose()?;
        Self::of_seen(&values, baseline.as_deref(), &dev.seen(), config)
    }

    /// As [`GuardDecision::of_values`], with all that a dev set has seen.
    pub(crate) fn of_seen(
        values: &[f64],
        baseline: Option<&[f64]>,
        seen: &Seen,
        config: &TrainerConfig,
    ) -> Result<Self, Error> {
        Self::judged(values, baseline, (&seen.kept, seen.dropped), config)
    }

    /// Compares what is trained with what is frozen, by the values of the measure on each dev query (`n`); without a `baseline`
    /// what is trained is returned. `looks` are the values (`n` each) of all that was measured on dev before. The measure, the
    /// level, the resamples and the seed are those of `config`.
    ///
    /// # Errors
    /// [`Error::Metrics`] where the numbers of queries differ or a value is not finite.
    pub fn of_values(
        values: &[f64],
        baseline: Option<&[f64]>,
        looks: &[Vec<f64>],
        config: &TrainerConfig,
    ) -> Result<Self, Error> {
        Self::judged(values, baseline, (looks, 0), config)
    }

    fn judged(
        values: &[f64],
        baseline: Option<&[f64]>,
        (kept, dropped): (&[Vec<f64>], usize),
        config: &TrainerConfig,
    ) -> Result<Self, Error> {
        let mut decision = Self {
            returned: Returned::Trained,
            reason: "queries and items are of different spaces, so there is no identity to fall back to"
                .into(),
            measure: config.measure.to_string(),
            trained: mean(values),
            identity: None,
            interval: None,
            confidence: config.confidence,
            p: None,
            p_unseen_losses: None,
            differing: None,
            candidates: None,
        };
        let Some(baseline) = baseline else {
            return Ok(decision);
        };
        let test = ChoiceTest { resamples: config.resamples, seed: config.seed };
        let evidence = test.judge_with_dropped(baseline, values, kept, dropped, config.confidence)?;
        let gain = decision.trained - mean(baseline);
        decision.identity = Some(mean(baseline));
        decision.interval = evidence.interval;
        decision.p = Some(evidence.p);
        decision.p_unseen_losses = Some(evidence.p_unseen_losses);
        decision.differing = Some(evidence.differing);
        decision.candidates = Some(evidence.systems);
        decision.returned = if evidence.is_better() { Returned::Trained } else { Returned::Identity };
        decision.reason = reason(&evidence, values.len(), gain, config);
        Ok(decision)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::data::looks::Looks;

    fn decide(trained: &[f64], frozen: &[f64], looks: &[Vec<f64>]) -> GuardDecision {
        GuardDecision::of_values(trained, Some(frozen), looks, &TrainerConfig::default()).unwrap()
    }

    #[test]
    fn a_handful_of_queries_shows_nothing() {
        let equal = |queries: usize| decide(&vec![1.0; queries], &vec![0.0; queries], &[]);
        assert_eq!(equal(7).returned, Returned::Identity);
        assert!(equal(7).reason.contains("too few"), "{}", equal(7).reason);
        assert_eq!(equal(8).returned, Returned::Trained);
    }

    #[test]
    fn queries_that_do_not_change_do_not_help() {
        for (rising, queries) in [(6, 100), (5, 20), (7, 1000)] {
            let trained: Vec<f64> =
                (0..queries).map(|query| if query < rising { 0.8 } else { 0.5 }).collect();
            let decision = decide(&trained, &vec![0.5; queries], &[]);
            assert_eq!(decision.returned, Returned::Identity, "{rising} of {queries}: {}", decision.reason);
            assert!(
                decision.reason.contains("too few") && decision.interval.is_none(),
                "{}",
                decision.reason
            );
            assert_eq!(decision.p, Some(0.5_f64.powi(rising as i32)));
        }
    }

    #[test]
    fn what_else_was_looked_at_is_paid_for() {
        // 14 of 16 queries rise, three times over: enough for one module, not for the best of many.
        let module = |signs: u32| {
            (0..48).map(|i| if signs >> (i % 16) & 1 == 1 { 0.25 } else { 0.75 }).collect::<Vec<_>>()
        };
        let (trained, frozen) = (module(0b11), [0.5; 48]);
        let alone = decide(&trained, &frozen, &[]);
        assert_eq!(alone.returned, Returned::Trained);
        let looks: Vec<Vec<f64>> = (0..40).map(|k| module(0x5a3c_9e17_u32.rotate_left(k))).collect();
        let decision = decide(&trained, &frozen, &looks);
        assert_eq!(decision.returned, Returned::Identity, "{}", decision.reason);
        assert!(decision.p >= alone.p && decision.p_unseen_losses > alone.p_unseen_losses);
        assert!(decision.interval.unwrap()[0] <= 0.0, "{}", decision.reason);
        assert!(decision.candidates.unwrap() > 20);
    }

    #[test]
    fn a_gain_that_the_looks_which_are_kept_would_pass_is_refused_as_the_best_of_2000() {
        // 60 queries that gain .23 each miss the losses that cancel it with a probability of 1.23^-60, 4 in a million.
        let (looks, frozen, trained) = (Looks::default(), [0.5; 60], [0.73; 60]);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2000 {
            looks.note(&(0..60).map(|_| random.random_range(0.45..0.55)).collect::<Vec<f64>>());
        }
        let seen = looks.all();
        let config = TrainerConfig { resamples: 999, ..TrainerConfig::default() };
        let of_kept = GuardDecision::of_values(&trained, Some(&frozen), &seen.kept, &config).unwrap();
        assert_eq!(of_kept.returned, Returned::Trained, "{}", of_kept.reason);
        let of_all = GuardDecision::of_seen(&trained, Some(&frozen), &seen, &config).unwrap();
        assert_eq!(of_all.returned, Returned::Identity, "{}", of_all.reason);
        assert_eq!(of_all.candidates, Some(2001));
    }

    #[test]
    fn a_decision_says_the_means_their_difference_and_the_level() {
        // Half of 32 queries reach 1 and half 1/2, where the identity reaches 1/4.
        let trained: Vec<f64> = (0..32).map(|query| if query < 16 { 1.0 } else { 0.5 }).collect();
        let decision = decide(&trained, &[0.25; 32], &[]);
        assert_eq!((decision.trained, decision.identity), (0.75, Some(0.25)));
        assert_eq!((decision.differing, decision.candidates), (Some(32), Some(1)));
        let reason = &decision.reason;
        let better = "the trained module is better than the frozen encoder";
        assert!(reason.starts_with(&format!("{better}: on 32 dev queries, of which 32 change")), "{reason}");
        for part in ["changes by +0.5000, 99 % interval +", "the best of 1"] {
            assert!(reason.contains(part), "{reason}");
        }
        // As many rise as fall.
        let even: Vec<f64> = (0..32).map(|query| if query < 16 { 0.5 } else { 0.0 }).collect();
        let none = decide(&even, &[0.25; 32], &[]).reason;
        assert!(
            none.starts_with(&format!("there is no evidence that {better}: on 32 dev queries")),
            "{none}"
        );
        let few = decide(&trained[..4], &[0.25; 4], &[]).reason;
        assert!(few.starts_with("4 dev queries that change are too few"), "{few}");
        assert!(few.contains("at a level of 99 %"), "{few}");
    }

    #[test]
    fn losses_that_no_query_shows_are_allowed_for_and_named() {
        // One in twenty loses .95 and the others gain .05: 20 queries show no loss more often than one time in three.
        let decision = decide(&[1.0; 20], &[0.95; 20], &[]);
        assert_eq!(decision.returned, Returned::Identity);
        assert!(decision.p < Some(2e-4) && decision.p_unseen_losses > Some(0.3), "{decision:?}");
        assert!(decision.reason.contains("loses as much on others"), "{}", decision.reason);
        // By .1 on 40 queries: 1.1⁻⁴⁰ is .022, above the level of .005.
        let nearly = decide(&[1.0; 40], &[0.9; 40], &[]);
        assert!((nearly.p_unseen_losses.unwrap() - 0.022).abs() < 0.001, "{nearly:?}");
        assert!(nearly.reason.contains("loses as much on others"), "{}", nearly.reason);
        assert_eq!(decide(&[1.0; 120], &[0.95; 120], &[]).returned, Returned::Trained);
    }

    #[test]
    fn reports_of_earlier_versions_are_read() {
        let json = r#"{"returned": "trained", "reason": "", "measure": "ndcg@10", "trained": 0.5, "identity": 0.4,
            "interval": [0.05, 0.15], "confidence": 0.99}"#;
        let decision: GuardDecision = serde_json::from_str(json).unwrap();
        assert_eq!((decision.p, decision.interval), (None, Some([0.05, 0.15])));
    }
}
