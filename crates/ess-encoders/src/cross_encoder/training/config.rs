//! How a cross-encoder is trained, as data.

use ess_metrics::NamedMeasure;
use ess_train::{Schedule, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::{error::Error, training::course::Course};

/// What is minimised when a cross-encoder is trained. A query's list in a step is one of its relevant items and its negatives; `s`
/// are the scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PairLoss {
    /// Binary cross-entropy of each pair by itself: `ln(1 + exp(-s))` of a relevant item, `ln(1 + exp(s))` of a negative; the mean
    /// over all pairs of a step.
    #[default]
    Binary,
    /// Softmax over the list: `-ln(exp(s₊) / Σ exp(s))`, where `s₊` is the relevant item's; the mean over the lists of a step.
    Listwise,
    /// Distillation: the Kullback–Leibler divergence of the softmax over the list from that of a teacher's scores; the mean over the
    /// lists of a step. Items without a teacher's score are in no list.
    Teacher,
}

/// How a cross-encoder is trained on pairs. There is no dropout.
///
/// ```
/// use ess_encoders::{PairLoss, PairTrainingConfig};
///
/// let config: PairTrainingConfig = serde_json::from_str(r#"{"loss": "listwise", "negatives_per_positive": 7}"#)?;
/// assert_eq!((config.loss, config.negatives_per_positive, config.batch_size), (PairLoss::Listwise, 7, 16));
/// assert!(config.check().is_ok());
/// assert!(PairTrainingConfig { negatives_per_positive: 0, ..config }.check().is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairTrainingConfig {
    /// What is minimised. Default: binary cross-entropy.
    pub loss: PairLoss,
    /// How many negatives stand beside the relevant item that a query has in a step; fewer where there are no more. They are
    /// drawn anew in each step, as the relevant item is where there are several. Default: 4.
    pub negatives_per_positive: usize,
    /// Negatives are drawn from so many of a query's first candidates, and from what is judged not relevant; from all items where the
    /// query has no candidates. Default: 100.
    pub negative_depth: usize,
    /// Pairs are cut to so many tokens, at the item; `null` for the model's own limit. Default: `null`.
    pub max_tokens: Option<usize>,
    /// AdamW's learning rate after warm-up. Default: 2e-5.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from 0. Default: 10.
    pub warmup_steps: usize,
    /// How the learning rate falls. Default: linearly.
    pub schedule: Schedule,
    /// AdamW's weight decay of matrices and tables; none of biases and normalisations. Default: 0.01.
    pub weight_decay: f32,
    /// The maximum Euclidean norm of the gradients of all parameters together; `null` for no clipping. Default: 1.
    pub clip_norm: Option<f32>,
    /// The number of queries in a step. Default: 16.
    pub batch_size: usize,
    /// The maximum number of steps. Default: 100.
    pub max_steps: usize,
    /// The number of steps between two looks at dev. Default: 10.
    pub evaluate_every: usize,
    /// Training stops after more than this many looks without a new best. Default: 3.
    pub patience: usize,
    /// The measure of a look: of each dev query's candidates as the scores order them. Default: `ndcg@10`.
    pub measure: NamedMeasure,
    /// How many candidates of each dev query a look reorders. Where no dev query has candidates, these are its judged items and so
    /// many others, drawn once. Default: 50.
    pub look_depth: usize,
    /// The level of the baseline guard's test. Default: 0.99.
    pub confidence: f64,
    /// The number of random sign flips and resamples of that test. Default: 10 000.
    pub resamples: usize,
    /// The maximum number of tokens of a chunk, whose pairs go through the model together. The result of a step does not depend
    /// on it but for rounding. Default: 1024.
    pub chunk_tokens: usize,
    /// How many tokens of a step keep what their gradients need; what is beyond goes through the model a second time. The result
    /// does not depend on it. Default: 16 384.
    pub kept_tokens: usize,
    /// The seed of a new head, of the order of queries and of what is drawn. Default: 0.
    pub seed: u64,
}

impl Default for PairTrainingConfig {
    fn default() -> Self {
        Self {
            loss: PairLoss::default(),
            negatives_per_positive: 4,
            negative_depth: 100,
            max_tokens: None,
            learning_rate: 2e-5,
            warmup_steps: 10,
            schedule: Schedule::Linear,
            weight_decay: 0.01,
            clip_norm: Some(1.0),
            batch_size: 16,
            max_steps: 100,
            evaluate_every: 10,
            patience: 3,
            measure: TrainerConfig::default().measure,
            look_depth: 50,
            confidence: 0.99,
            resamples: 10_000,
            chunk_tokens: 1024,
            kept_tokens: 16_384,
            seed: 0,
        }
    }
}

impl PairTrainingConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Training`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        self.trainer().check()?;
        let counts = [
            ("negatives_per_positive", self.negatives_per_positive),
            ("negative_depth", self.negative_depth),
            ("look_depth", self.look_depth),
            ("chunk_tokens", self.chunk_tokens),
        ];
        match counts.into_iter().find(|&(_, count)| count == 0) {
            Some((name, _)) => {
                let (expected, found) = ("at least 1", "0".to_owned());
                Err(ess_train::Error::Config { name, expected, found }.into())
            }
            None => Ok(()),
        }
    }

    /// How long a training is, with so many dev queries.
    pub(super) fn course(&self, dev_queries: usize) -> Course {
        let &Self { max_steps, evaluate_every, patience, .. } = self;
        Course { max_steps, evaluate_every, patience, dev_queries }
    }

    /// What a trainer of searching modules has too.
    pub(super) fn trainer(&self) -> TrainerConfig {
        TrainerConfig {
            learning_rate: self.learning_rate,
            warmup_steps: self.warmup_steps,
            schedule: self.schedule,
            weight_decay: self.weight_decay,
            clip_norm: self.clip_norm,
            batch_size: self.batch_size,
            max_steps: self.max_steps,
            evaluate_every: self.evaluate_every,
            patience: self.patience,
            measure: self.measure,
            confidence: self.confidence,
            resamples: self.resamples,
            seed: self.seed,
            ..TrainerConfig::default()
        }
    }
}
