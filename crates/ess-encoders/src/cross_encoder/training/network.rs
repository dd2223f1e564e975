//! A whole cross-encoder, forwards and backwards over a run of tokens.

use super::parts::CrossParts;
use crate::{
    compute::host::activation_gradient::Differentiable,
    training::{
        network::{Gradients, Network, Tape},
        text_network::TextNetwork,
        weights_of_step::StepLinear,
    },
    transformer::token_batch::TokenBatch,
};

/// The cross-encoder with the weights of one step: from the tokens of pairs to a score each.
pub(super) struct PairNetwork<'p> {
    network: Network<'p>,
    dense: StepLinear<'p>,
    activation: Differentiable,
    score: StepLinear<'p>,
    dim: usize,
    /// The first parameter behind the tables.
    first: usize,
}

/// What the gradients of one run of tokens need.
pub(super) struct PairTape {
    layers: Tape,
    /// The state of each pair's first token, `n × d`.
    states: Vec<f32>,
    /// The same behind the head's first layer.
    dense: Vec<f32>,
}

impl<'p> PairNetwork<'p> {
    /// Lays out the values; `back` for gradients too.
    pub(super) fn new(parts: &'p CrossParts, values: &'p [f32], back: bool) -> Self {
        Self {
            network: Network::new(&parts.shape, &parts.layout, values, back),
            dense: StepLinear::new(values, &parts.head.dense, back),
            activation: parts.head.activation,
            score: StepLinear::new(values, &parts.head.score, back),
            dim: parts.shape.dim,
            first: parts.layout.tables(),
        }
    }
}

impl TextNetwork for PairNetwork<'_> {
    type Tape = PairTape;

    fn forward(&self, batch: &TokenBatch, _skipped: usize) -> (Vec<f32>, PairTape) {
        let (all, layers) = self.network.states(batch);
        let mut states = vec![0.0; batch.texts() * self.dim];
        for (range, state) in batch.ranges().zip(states.chunks_exact_mut(self.dim)) {
            // A pair without tokens has a state of zeros, as where it is encoded.
            if !range.is_empty() {
                state.copy_from_slice(&all[range.start * self.dim..(range.start + 1) * self.dim]);
            }
        }
        let dense = self.dense.apply(&states);
        let scores = self.score.apply(&self.activation.values(&dense));
        (scores, PairTape { layers, states, dense })
    }

    fn back(&self, batch: &TokenBatch, _skipped: usize, tape: &PairTape, scores: &[f32]) -> Gradients {
        let mut gradients = self.network.no_gradients();
        let sums = &mut gradients.behind_tables;
        let inner = self.activation.values(&tape.dense);
        let mut of_dense = self.score.back(&inner, scores, sums, self.first);
        self.activation.back(&tape.dense, &mut of_dense);
        let of_states = self.dense.back(&tape.states, &of_dense, sums, self.first);
        let mut all = vec![0.0; batch.tokens() * self.dim];
        for (range, state) in batch.ranges().zip(of_states.chunks_exact(self.dim)) {
            if !range.is_empty() {
                all[range.start * self.dim..(range.start + 1) * self.dim].copy_from_slice(state);
            }
        }
        self.network.states_back(batch, &tape.layers, all, &mut gradients);
        gradients
    }

    fn add_up(&self, batch: &TokenBatch, gradients: &Gradients, all: &mut [f32]) {
        self.network.add_up(batch, gradients, all);
    }
}
