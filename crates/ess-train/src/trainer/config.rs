//! The settings of training, as data.

use ess_metrics::NamedMeasure;
use serde::{Deserialize, Serialize};

use super::{negatives::config::NegativesConfig, schedule::Schedule};
use crate::{error::Error, loss::kind::LossConfig};

/// How a searching module is trained. The defaults are the same for all kinds of modules. They were chosen on dev queries.
///
/// ```
/// use ess_train::TrainerConfig;
///
/// let config: TrainerConfig = serde_json::from_str(r#"{"seed": 7, "refit": true}"#).unwrap();
/// assert_eq!(config, TrainerConfig { seed: 7, refit: true, ..TrainerConfig::default() });
/// config.check()?;
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainerConfig {
    /// What is minimised. Default: softmax over all items.
    pub loss: LossConfig,
    /// How negatives are mined for a loss that needs them. `null` to take those that come with the queries or, where
    /// none come, to mine with the defaults. Default: `null`.
    pub negatives: Option<NegativesConfig>,
    /// AdamW's learning rate after warm-up. Above 0. Default: 0.001.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from 0. Default: 5.
    pub warmup_steps: usize,
    /// How the learning rate changes after warm-up. Default: it is constant.
    pub schedule: Schedule,
    /// AdamW's decoupled weight decay, towards zero, which for residual modules is the identity. A step shrinks weights by
    /// `learning_rate · weight_decay`. There are few steps, so the value is large. Default: 20.
    pub weight_decay: f32,
    /// The maximum Euclidean norm of each parameter's gradient; a larger gradient is scaled down to it. `null` for no
    /// clipping. Default: 1.
    pub clip_norm: Option<f32>,
    /// The number of queries in a step; all of them where there are fewer. Default: 1024.
    pub batch_size: usize,
    /// The maximum number of steps. Default: 60.
    pub max_steps: usize,
    /// The number of steps between two measurements on dev. Default: 5.
    pub evaluate_every: usize,
    /// Training stops after more than this many measurements without a new best, not counting the newest. The measure on dev
    /// may fall before it rises. Default: 6.
    pub patience: usize,
    /// The measure on dev. A measure without a cutoff reads the first 1000 hits. Default: `ndcg@10`.
    pub measure: NamedMeasure,
    /// The level of the baseline guard's test. A trained module that is no better than the identity is returned with a
    /// probability of at most `(1 − confidence) / 2` ([`GuardDecision`](crate::GuardDecision)). Between 0 and 1. Default:
    /// 0.99.
    pub confidence: f64,
    /// The number of random sign flips, and of bootstrap resamples, of that test. At least `2 / (1 − confidence) − 1`, below
    /// which the test cannot reach the level. Default: 10 000.
    pub resamples: usize,
    /// Whether a module that passes the guard is trained again on train and dev together. The number of steps grows with the
    /// number of queries. Default: false.
    pub refit: bool,
    /// The seed of every random step: starting values (it is added to the seeds of the modules), the order of queries,
    /// bagging, negatives and dropout. Default: 0.
    pub seed: u64,
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            loss: LossConfig::default(),
            negatives: None,
            learning_rate: 1e-3,
            warmup_steps: 5,
            schedule: Schedule::default(),
            weight_decay: 20.0,
            clip_norm: Some(1.0),
            batch_size: 1024,
            max_steps: 60,
            evaluate_every: 5,
            patience: 6,
            measure: "ndcg@10".parse().expect("a measure of ess-metrics"),
            confidence: 0.99,
            resamples: 10_000,
            refit: false,
            seed: 0,
        }
    }
}

impl TrainerConfig {
    /// The learning rate of a step, from 1, of at most `steps`: warm-up and schedule.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        let warm = (step as f64 / (self.warmup_steps as f64 + 1.0)).min(1.0);
        self.learning_rate * warm * self.schedule.factor(step, steps, self.warmup_steps)
    }

    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        self.loss.build()?;
        self.negatives.iter().try_for_each(NegativesConfig::check)?;
        let above_zero = |x: f64| x.is_finite() && x > 0.0;
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        if !above_zero(self.learning_rate) {
            return refuse("learning_rate", "a finite number above 0", self.learning_rate.to_string());
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return refuse("weight_decay", "a finite number of at least 0", self.weight_decay.to_string());
        }
        if let Some(norm) = self.clip_norm.filter(|&norm| !above_zero(norm.into())) {
            return refuse("clip_norm", "a finite number above 0, or null", norm.to_string());
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return refuse("confidence", "between 0 and 1", self.confidence.to_string());
        }
        let counts = [
            ("batch_size", self.batch_size),
            ("max_steps", self.max_steps),
            ("evaluate_every", self.evaluate_every),
            ("patience", self.patience),
            ("resamples", self.resamples),
        ];
        if self.resamples > 10_000_000 {
            return refuse("resamples", "between 1 and 10 million", self.resamples.to_string());
        }
        if self.resamples > 0 && (self.resamples + 1) as f64 * (1.0 - self.confidence) / 2.0 < 1.0 - 1e-6 {
            return refuse("resamples", "at least 2 / (1 - confidence) - 1", self.resamples.to_string());
        }
        match counts.into_iter().find(|&(_, count)| count == 0) {
            Some((name, count)) => refuse(name, "at least 1", count.to_string()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::softmax::Softmax;

    #[test]
    fn settings_outside_their_range_are_named() {
        let default = TrainerConfig::default;
        default().check().unwrap();
        let bad = [
            ("learning_rate", TrainerConfig { learning_rate: f64::NAN, ..default() }),
            ("weight_decay", TrainerConfig { weight_decay: -1.0, ..default() }),
            ("clip_norm", TrainerConfig { clip_norm: Some(0.0), ..default() }),
            ("batch_size", TrainerConfig { batch_size: 0, ..default() }),
            ("max_steps", TrainerConfig { max_steps: 0, ..default() }),
            ("evaluate_every", TrainerConfig { evaluate_every: 0, ..default() }),
            ("patience", TrainerConfig { patience: 0, ..default() }),
            ("resamples", TrainerConfig { resamples: 0, ..default() }),
            ("resamples", TrainerConfig { resamples: 198, ..default() }),
            ("confidence", TrainerConfig { confidence: 1.0, ..default() }),
        ];
        for (expected, config) in bad {
            assert!(matches!(config.check(), Err(Error::Config { name, .. }) if name == expected));
        }
        let loss = LossConfig::of(Softmax { scale: -1.0, ..Softmax::default() });
        assert!(matches!(TrainerConfig { loss, ..default() }.check(), Err(Error::Config { .. })));
    }

    #[test]
    fn a_config_survives_json_and_unknown_fields_do_not() {
        let config = TrainerConfig { seed: 3, clip_norm: None, ..TrainerConfig::default() };
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<TrainerConfig>(&json).unwrap(), config);
        assert!(serde_json::from_str::<TrainerConfig>(r#"{"learning_rat": 1.0}"#).is_err());
        assert!(serde_json::from_str::<TrainerConfig>(r#"{"measure": "ndcg@zero"}"#).is_err());
        assert!(
            serde_json::from_str::<TrainerConfig>(r#"{"loss": {"kind": "softmax", "scael": 1.0}}"#).is_err()
        );
    }
}
