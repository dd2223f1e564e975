//! What the passes of a step need of a network.

use super::network::Gradients;
use crate::transformer::token_batch::TokenBatch;

/// A network from a run of tokens to a row of `d` components for each text, forwards and backwards.
pub(crate) trait TextNetwork: Sync {
    /// What the gradients of one run of tokens need.
    type Tape: Send + Sync;

    /// The rows of the texts, `n × d`; `skipped` tokens of each are not pooled.
    fn forward(&self, batch: &TokenBatch, skipped: usize) -> (Vec<f32>, Self::Tape);

    /// Takes the gradients of the rows (`n × d`) back to all parameters.
    fn back(&self, batch: &TokenBatch, skipped: usize, tape: &Self::Tape, rows: &[f32]) -> Gradients;

    /// Adds gradients to those of all parameters, in the order of the tokens.
    fn add_up(&self, batch: &TokenBatch, gradients: &Gradients, all: &mut [f32]);
}
