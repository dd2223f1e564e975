//! What a run of training did.

use serde::{Deserialize, Serialize};

/// The course of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    /// Passes over the training triples that were made.
    pub epochs: usize,
    /// The pass whose parameters were kept, from 1: the one with the highest valid MRR, or the last without valid triples.
    pub best_epoch: usize,
    /// The mean loss of each pass, with penalties.
    pub losses: Vec<f64>,
    /// What the valid triples gave.
    pub valid: Vec<ValidPoint>,
    /// Seconds by the clock.
    pub seconds: f64,
}

impl TrainingReport {
    /// What the valid triples gave for the pass that was kept; none without valid triples.
    pub fn best(&self) -> Option<ValidPoint> {
        self.valid.iter().find(|point| point.epoch == self.best_epoch).copied()
    }
}

/// One look at the valid triples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidPoint {
    /// After which pass.
    pub epoch: usize,
    /// Their MRR over heads and tails, filtered by the training and the valid triples: test triples do not count in it.
    pub mrr: f64,
}
