//! How an encoder is trained on texts, as data.

use ess_metrics::NamedMeasure;
use ess_train::{LossConfig, NegativesConfig, Schedule, Softmax, TrainerConfig};
use serde::{Deserialize, Serialize};

use crate::{error::Error, training::course::Course};

/// Which encoders are trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Towers {
    /// One encoder of queries and items.
    #[default]
    Shared,
    /// One encoder of queries and one of items, which begin alike (DPR, Karpukhin et al. 2020).
    Two,
    /// The encoder of queries alone. Items keep the vectors that the frozen encoder gave them, and no item is encoded again.
    Query,
}

/// How an encoder is trained on texts. The defaults are those that sentence-transformers models are usually fine-tuned with.
/// There is no dropout.
///
/// ```
/// use ess_encoders::{TextTrainingConfig, Towers};
///
/// let config: TextTrainingConfig = serde_json::from_str(r#"{"towers": "query", "batch_size": 64}"#)?;
/// assert_eq!((config.towers, config.batch_size, config.max_steps), (Towers::Query, 64, 100));
/// assert!(config.check().is_ok());
/// assert!(TextTrainingConfig { chunk_tokens: 0, ..config }.check().is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextTrainingConfig {
    /// Which encoders are trained. Default: one for both sides.
    pub towers: Towers,
    /// What is minimised, of the losses of `ess-train`; those that need a teacher take the scores of
    /// [`JudgedTexts::with_teacher`](crate::JudgedTexts::with_teacher), of what is among the items of a step. Its candidates are the items of the step: positives
    /// and negatives of all queries of the batch, each text once; for [`Towers::Query`] all items. Default: softmax with a
    /// scale of 20.
    pub loss: LossConfig,
    /// How many relevant items of a query a step has, drawn where there are more. Whatever else is relevant to it among the
    /// items of a step counts as relevant too. Default: 1.
    pub positives_per_query: usize,
    /// How many negatives of a query a step has, drawn from those that were mined or given
    /// ([`JudgedTexts::with_negatives`](crate::JudgedTexts::with_negatives)); 0 for none. Default: 1.
    pub negatives_per_query: usize,
    /// How negatives are mined where none were given, once, by the frozen encoder; `refresh_every` is not used. Default: as that type has it.
    pub negatives: NegativesConfig,
    /// Texts are cut to so many tokens; `null` for the model's own limit. Default: `null`.
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
    /// The number of queries in a step. Default: 32.
    pub batch_size: usize,
    /// The maximum number of steps. Default: 100.
    pub max_steps: usize,
    /// The number of steps between two looks at dev. Default: 10.
    pub evaluate_every: usize,
    /// Training stops after more than this many looks without a new best. Default: 3.
    pub patience: usize,
    /// The measure on dev. Default: `ndcg@10`.
    pub measure: NamedMeasure,
    /// Looks on the way rank the judged items of the dev queries and so many of the frozen encoder's first hits of each;
    /// `null` for all items, which are then encoded anew at every look. The baseline guard always ranks all. Default: 50.
    pub look_depth: Option<usize>,
    /// The level of the baseline guard's test. Default: 0.99.
    pub confidence: f64,
    /// The number of random sign flips and resamples of that test. Default: 10 000.
    pub resamples: usize,
    /// The maximum number of tokens of a chunk, whose texts go through the encoder together. The result of a step does not
    /// depend on it but for rounding. Default: 1024.
    pub chunk_tokens: usize,
    /// How many tokens of a step keep what their gradients need; what is beyond is encoded a second time (Gao et al., "Scaling
    /// Deep Contrastive Learning Batch Size under Memory Limited Setup", 2021). A token takes `4 L (6 d + d_inner)` bytes in
    /// `L` layers: 100 kB in MiniLM's six. The result does not depend on it. Default: 16 384.
    pub kept_tokens: usize,
    /// The seed of the order of queries and of what is drawn. Default: 0.
    pub seed: u64,
}

impl Default for TextTrainingConfig {
    fn default() -> Self {
        Self {
            towers: Towers::default(),
            loss: LossConfig::of(Softmax { scale: 20.0, ..Softmax::default() }),
            positives_per_query: 1,
            negatives_per_query: 1,
            negatives: NegativesConfig::default(),
            max_tokens: None,
            learning_rate: 2e-5,
            warmup_steps: 10,
            schedule: Schedule::Linear,
            weight_decay: 0.01,
            clip_norm: Some(1.0),
            batch_size: 32,
            max_steps: 100,
            evaluate_every: 10,
            patience: 3,
            measure: TrainerConfig::default().measure,
            look_depth: Some(50),
            confidence: 0.99,
            resamples: 10_000,
            chunk_tokens: 1024,
            kept_tokens: 16_384,
            seed: 0,
        }
    }
}

impl TextTrainingConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Training`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        self.trainer().check()?;
        self.negatives.check()?;
        let counts = [
            ("positives_per_query", self.positives_per_query),
            ("chunk_tokens", self.chunk_tokens),
            ("look_depth", self.look_depth.unwrap_or(1)),
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
            loss: self.loss.clone(),
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
