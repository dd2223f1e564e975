//! A block, forwards with what its gradients need, and backwards.

use super::{
    shape::Shape,
    weights_of_step::{StepBlock, StepNorm},
};
use crate::{
    compute::{
        host::{
            attention::attend_text, attention_gradient::attend_text_back, elementwise::add_row,
            norm_gradient::Normalized,
        },
        precision::Precision,
    },
    transformer::token_batch::TokenBatch,
};

/// What a block leaves for its gradients.
pub(crate) struct BlockTape {
    input: Vec<f32>,
    qkv: Vec<f32>,
    attended: Vec<f32>,
    attention_norm: Normalized,
    hidden: Vec<f32>,
    up: Vec<f32>,
    norm: Normalized,
}

/// Gradients of parameters from one on.
pub(crate) struct Sums<'s> {
    pub(crate) values: &'s mut [f32],
    pub(crate) first: usize,
}

impl Sums<'_> {
    /// Takes gradients back through a normalisation.
    pub(crate) fn norm_back(&mut self, norm: &StepNorm<'_>, kept: &Normalized, gradients: &mut [f32]) {
        let at = |range: &std::ops::Range<usize>| range.start - self.first..range.end - self.first;
        let (weight, bias) = (at(&norm.at.weight), at(&norm.at.bias));
        let (before, from) = self.values.split_at_mut(bias.start);
        kept.back(gradients, norm.weight, &mut before[weight], &mut from[..bias.len()]);
    }
}

impl StepBlock<'_> {
    /// `T × d` to `T × d`.
    pub(crate) fn forward(
        &self,
        shape: &Shape,
        batch: &TokenBatch,
        input: Vec<f32>,
    ) -> (BlockTape, Vec<f32>) {
        let qkv = self.qkv.apply(&input);
        let (columns, dim) = (shape.attention.columns(), shape.dim);
        let mut attended = vec![0.0; input.len()];
        for range in batch.ranges() {
            let own = &qkv[range.start * columns..range.end * columns];
            let out = &mut attended[range.start * dim..range.end * dim];
            attend_text(out, own, range.len(), &shape.attention, None, Precision::F32);
        }
        let mut sum = self.attention_out.apply(&attended);
        add_row(&mut sum, &input);
        let StepNorm { weight, bias, .. } = self.attention_norm;
        let (attention_norm, hidden) = Normalized::of(sum, weight, bias, shape.epsilon);
        let up = self.up.apply(&hidden);
        let mut sum = self.down.apply(&shape.activation.values(&up));
        add_row(&mut sum, &hidden);
        let (norm, output) = Normalized::of(sum, self.norm.weight, self.norm.bias, shape.epsilon);
        (BlockTape { input, qkv, attended, attention_norm, hidden, up, norm }, output)
    }

    /// The gradient with respect to the input from that of the output, both `T × d`.
    pub(crate) fn back(
        &self,
        shape: &Shape,
        batch: &TokenBatch,
        tape: &BlockTape,
        mut gradients: Vec<f32>,
        sums: &mut Sums<'_>,
    ) -> Vec<f32> {
        sums.norm_back(&self.norm, &tape.norm, &mut gradients);
        let inner = shape.activation.values(&tape.up);
        let mut of_inner = self.down.back(&inner, &gradients, sums.values, sums.first);
        shape.activation.back(&tape.up, &mut of_inner);
        add_row(&mut gradients, &self.up.back(&tape.hidden, &of_inner, sums.values, sums.first));
        sums.norm_back(&self.attention_norm, &tape.attention_norm, &mut gradients);
        let of_attended = self.attention_out.back(&tape.attended, &gradients, sums.values, sums.first);
        let (columns, dim) = (shape.attention.columns(), shape.dim);
        let mut of_qkv = vec![0.0; tape.qkv.len()];
        for range in batch.ranges().filter(|range| !range.is_empty()) {
            let own = range.start * columns..range.end * columns;
            let out = &of_attended[range.start * dim..range.end * dim];
            attend_text_back(&mut of_qkv[own.clone()], &tape.qkv[own], out, &shape.attention);
        }
        add_row(&mut gradients, &self.qkv.back(&tape.input, &of_qkv, sums.values, sums.first));
        gradients
    }
}
