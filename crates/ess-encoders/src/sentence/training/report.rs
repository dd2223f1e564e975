//! What came of training an encoder, as data.

use ess_train::{CurvePoint, GuardDecision, MiningReport};
use serde::{Deserialize, Serialize};

use super::config::TextTrainingConfig;

/// What happened while an encoder was trained on texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextTrainingReport {
    /// The settings.
    pub config: TextTrainingConfig,
    /// The number of training queries.
    pub train_queries: usize,
    /// The number of dev queries.
    pub dev_queries: usize,
    /// The number of items.
    pub items: usize,
    /// How many items were ranked in looks on the way.
    pub looked_at_items: usize,
    /// How many texts were encoded outside of steps: for mining, looks at dev and the guard, each once by the same parameters. Of a
    /// training that went on from a checkpoint those since then. 0 in reports from before it was counted.
    #[serde(default)]
    pub encoded_texts: usize,
    /// The number of parameters that were trained, of all towers.
    pub parameters: usize,
    /// Loss and dev measure, step by step.
    pub points: Vec<CurvePoint>,
    /// The step whose parameters were kept: the best on dev.
    pub kept_step: usize,
    /// What mining found; empty where no negatives were wanted.
    pub mining: Vec<MiningReport>,
    /// Which encoder was returned, and why, by all items.
    pub guard: GuardDecision,
    /// How many tokens the steps have gone through, and the wall-clock seconds that they took.
    pub step_tokens: u64,
    /// The wall-clock seconds of the steps alone.
    pub step_seconds: f64,
    /// Wall-clock seconds, everything included.
    pub seconds: f64,
}
