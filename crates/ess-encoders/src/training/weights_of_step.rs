//! Weights laid out for the products of one step.

use super::layout::{BlockAt, LinearAt, NormAt};
use crate::compute::{
    host::{
        weight::HostWeight,
        weight_gradient::{add_weight_gradient, transposed},
    },
    precision::Precision,
};

/// A linear layer, laid out for both directions.
pub(crate) struct StepLinear<'p> {
    at: LinearAt,
    weight: HostWeight,
    /// The other way round; none where no gradients are taken.
    turned: Option<HostWeight>,
    bias: &'p [f32],
    d_in: usize,
}

impl<'p> StepLinear<'p> {
    /// The layer among all values; `back` lays it out for gradients too.
    pub(crate) fn new(values: &'p [f32], at: &LinearAt, back: bool) -> Self {
        let (weight, bias) = (&values[at.weight.clone()], &values[at.bias.clone()]);
        let (d_out, d_in) = (bias.len(), weight.len() / bias.len());
        let turned = || HostWeight::new(&transposed(weight, [d_out, d_in]), [d_in, d_out], Precision::F32);
        Self {
            at: at.clone(),
            weight: HostWeight::new(weight, [d_out, d_in], Precision::F32),
            turned: back.then(turned),
            bias,
            d_in,
        }
    }

    /// `rows Wᵀ + b`: `n × d_in` to `n × d_out`.
    pub(crate) fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let mut outputs = vec![0.0; rows.len() / self.d_in * self.bias.len()];
        self.weight.write(&mut outputs, rows, self.bias, |_| ());
        outputs
    }

    /// The gradient with respect to the rows; that of weight and bias is added to `sums`, which begin at parameter `first`.
    pub(crate) fn back(&self, rows: &[f32], outputs: &[f32], sums: &mut [f32], first: usize) -> Vec<f32> {
        let LinearAt { weight, bias } = &self.at;
        let (before, biases) = sums.split_at_mut(bias.start - first);
        let weights = &mut before[weight.start - first..weight.end - first];
        add_weight_gradient(weights, &mut biases[..bias.len()], rows, outputs);
        let mut of_rows = vec![0.0; rows.len()];
        if let Some(turned) = &self.turned {
            turned.write(&mut of_rows, outputs, &vec![0.0; self.d_in], |_| ());
        }
        of_rows
    }
}

/// A normalisation.
pub(crate) struct StepNorm<'p> {
    pub(crate) at: NormAt,
    pub(crate) weight: &'p [f32],
    pub(crate) bias: &'p [f32],
}

impl<'p> StepNorm<'p> {
    pub(crate) fn new(values: &'p [f32], at: &NormAt) -> Self {
        Self { at: at.clone(), weight: &values[at.weight.clone()], bias: &values[at.bias.clone()] }
    }
}

/// One block.
pub(crate) struct StepBlock<'p> {
    pub(crate) qkv: StepLinear<'p>,
    pub(crate) attention_out: StepLinear<'p>,
    pub(crate) attention_norm: StepNorm<'p>,
    pub(crate) up: StepLinear<'p>,
    pub(crate) down: StepLinear<'p>,
    pub(crate) norm: StepNorm<'p>,
}

impl<'p> StepBlock<'p> {
    /// The block's weights among all values; `back` lays them out for gradients too.
    pub(crate) fn new(values: &'p [f32], at: &BlockAt, back: bool) -> Self {
        let linear = |at: &LinearAt| StepLinear::new(values, at, back);
        Self {
            qkv: linear(&at.qkv),
            attention_out: linear(&at.attention_out),
            attention_norm: StepNorm::new(values, &at.attention_norm),
            up: linear(&at.up),
            down: linear(&at.down),
            norm: StepNorm::new(values, &at.norm),
        }
    }
}
