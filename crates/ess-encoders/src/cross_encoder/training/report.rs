//! What came of training a cross-encoder, as data.

use ess_train::{CurvePoint, GuardDecision};
use serde::{Deserialize, Serialize};

use super::config::PairTrainingConfig;

/// What happened while a cross-encoder was trained on pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairTrainingReport {
    /// The settings.
    pub config: PairTrainingConfig,
    /// The number of training queries.
    pub train_queries: usize,
    /// The number of dev queries.
    pub dev_queries: usize,
    /// The number of items.
    pub items: usize,
    /// How many pairs a look at dev read.
    pub looked_at_pairs: usize,
    /// How many pairs were read outside of steps: in looks at dev and for the guard, each once by the same parameters. Of a training
    /// that went on from a checkpoint those since then. 0 in reports from before it was counted.
    #[serde(default)]
    pub read_pairs: usize,
    /// The number of parameters that were trained.
    pub parameters: usize,
    /// Whether the model had a head, or got a new one.
    pub new_head: bool,
    /// Loss and dev measure, step by step.
    pub points: Vec<CurvePoint>,
    /// The step whose parameters were kept: the best on dev.
    pub kept_step: usize,
    /// The measure on dev, reordered by the parameters that were kept.
    pub dev: f64,
    /// The measure on dev in the order of the candidates that were given; `None` where none were.
    pub first_pass: Option<f64>,
    /// Whether the trained model or the one before it was returned, and why; `None` for a new head, before which there was no
    /// cross-encoder.
    pub guard: Option<GuardDecision>,
    /// How many tokens the steps have gone through.
    pub step_tokens: u64,
    /// The wall-clock seconds of the steps alone.
    pub step_seconds: f64,
    /// Wall-clock seconds, everything included.
    pub seconds: f64,
}
