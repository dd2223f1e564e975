//! A transformer computed by fused kernels in host memory.
//!
//! One thread each call: callers run several batches at a time. Against Burn's CPU tensors it saves the passes over
//! memory between operations: biases and residuals go into the product's accumulator, the feed-forward half stays in
//! the cache, and attention is computed for one text and head at a time, without padding. Each operation has a span of
//! `tracing` at level TRACE, so that a subscriber can measure where the time goes.

#[cfg(feature = "train")]
pub(crate) mod activation_gradient;
pub(crate) mod attention;
#[cfg(feature = "train")]
pub(crate) mod attention_gradient;
mod cache_lines;
pub(crate) mod elementwise;
mod exponential;
mod int8;
mod matmul;
pub(crate) mod memory;
mod norm;
#[cfg(feature = "train")]
pub(crate) mod norm_gradient;
mod pair_scores;
mod panels;
mod sums;
mod tile;
pub(crate) mod weight;
#[cfg(feature = "train")]
pub(crate) mod weight_gradient;
mod wide;

use std::ops::Range;

use tracing::trace_span;

use self::{
    attention::attend_text,
    elementwise::{activate_all, activated, add_row, gated, turn},
    memory::{HostLinear, HostMatrix, HostVector},
    norm::normalize_all,
    weight::HostWeight,
};
use super::precision::Precision;
use crate::{
    error::Error,
    model::activation::Activation,
    transformer::{
        attention_shape::{AttentionShape, Rotary},
        definition::{Block, Norm, Tables},
        disentangled::Relative,
        host_tokens::HostTokens,
        operations::Compute,
        token_batch::TokenBatch,
    },
};

/// Computes in host memory, on the calling thread, with weights that are kept at a precision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostCompute {
    pub(crate) precision: Precision,
}

// Rows of the feed-forward half that are computed together, so that they stay in the second-level cache.
// A multiple of 12, 6 and 4, the rows of a tile.
const FEED_FORWARD_ROWS: usize = 96;

impl Compute for HostCompute {
    type Matrix = HostMatrix;
    type Weight = HostWeight;
    type Vector = HostVector;
    type Tokens = HostTokens;

    fn matrix(&self, values: Vec<f32>, [_, columns]: [usize; 2]) -> HostMatrix {
        HostMatrix { values, columns }
    }

    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> HostWeight {
        HostWeight::new(&values, shape, self.precision)
    }

    fn vector(&self, values: Vec<f32>) -> HostVector {
        HostVector(values)
    }

    fn embed(&self, tables: &Tables<HostMatrix, HostWeight, HostVector>, batch: &TokenBatch) -> HostTokens {
        let dim = tables.words.columns;
        let _span = trace_span!("embed").entered();
        let mut values = Vec::with_capacity(batch.tokens() * dim);
        let positions = batch.positions(tables.padding);
        for ((&id, &position), &of_type) in batch.ids.iter().zip(&positions).zip(&batch.types) {
            let start = values.len();
            values.extend_from_slice(tables.words.row(id as usize));
            let token = &mut values[start..];
            if let Some(positions) = &tables.positions {
                add_row(token, positions.row(position as usize));
            }
            if let Some(types) = &tables.types {
                add_row(token, types.row(of_type as usize));
            }
        }
        HostTokens { values, dim }
    }

    fn normalize(&self, mut tokens: HostTokens, norm: &Norm<HostVector>) -> HostTokens {
        let _span = trace_span!("normalize").entered();
        normalize_all(&mut tokens.values, norm);
        tokens
    }

    fn normalize_heads(
        &self,
        mut tokens: HostTokens,
        columns: Range<usize>,
        norm: &Norm<HostVector>,
    ) -> HostTokens {
        let _span = trace_span!("normalize_heads").entered();
        for row in tokens.values.chunks_exact_mut(tokens.dim) {
            normalize_all(&mut row[columns.clone()], norm);
        }
        tokens
    }

    fn rotate(
        &self,
        mut tokens: HostTokens,
        batch: &TokenBatch,
        heads: usize,
        rotary: &Rotary,
    ) -> HostTokens {
        let _span = trace_span!("rotate").entered();
        let half = rotary.frequencies.len();
        let [cosines, sines] = rotary.turns(batch.longest());
        for range in batch.ranges() {
            let rows = &mut tokens.values[range.start * tokens.dim..range.end * tokens.dim];
            let turns = cosines.chunks_exact(half).zip(sines.chunks_exact(half));
            for (row, (cosines, sines)) in rows.chunks_exact_mut(tokens.dim).zip(turns) {
                for head in row[..heads * 2 * half].chunks_exact_mut(2 * half) {
                    turn(head, cosines, sines);
                }
            }
        }
        tokens
    }

    fn project(&self, tokens: &HostTokens, linear: &HostLinear) -> HostTokens {
        let _span = trace_span!("project").entered();
        let rows = tokens.values.len() / tokens.dim;
        let dim = linear.bias.0.len();
        let mut values = vec![0.0; rows * dim];
        linear.weight.write(&mut values, &tokens.values, &linear.bias.0, |_| ());
        HostTokens { values, dim }
    }

    fn attend(
        &self,
        qkv: HostTokens,
        batch: &TokenBatch,
        shape: &AttentionShape,
        relative: Option<Relative<'_, HostMatrix>>,
    ) -> HostTokens {
        let (dim, columns) = (shape.dim(), shape.columns());
        let _span = trace_span!("attend").entered();
        let mut values = vec![0.0; batch.tokens() * dim];
        for (range, attended) in batch.attended_ranges() {
            let qkv = &qkv.values[range.start * columns..range.end * columns];
            let values = &mut values[range.start * dim..range.end * dim];
            attend_text(values, qkv, attended, shape, relative, self.precision);
        }
        HostTokens { values, dim }
    }

    fn project_rows(&self, rows: &HostMatrix, linear: &HostLinear) -> HostMatrix {
        let columns = linear.bias.0.len();
        let mut values = vec![0.0; rows.rows() * columns];
        linear.weight.write(&mut values, &rows.values, &linear.bias.0, |_| ());
        HostMatrix { values, columns }
    }

    fn neighbours(&self, tokens: &HostTokens, batch: &TokenBatch, kernel: usize) -> HostTokens {
        let (dim, before) = (tokens.dim, kernel / 2);
        let mut values = vec![0.0; tokens.values.len() * kernel];
        for range in batch.ranges() {
            for token in range.clone() {
                let row = &mut values[token * kernel * dim..(token + 1) * kernel * dim];
                for (at, slot) in row.chunks_exact_mut(dim).enumerate() {
                    let neighbour = (token + at).checked_sub(before).filter(|token| range.contains(token));
                    if let Some(neighbour) = neighbour {
                        slot.copy_from_slice(&tokens.values[neighbour * dim..(neighbour + 1) * dim]);
                    }
                }
            }
        }
        HostTokens { values, dim: dim * kernel }
    }

    fn activate(&self, mut tokens: HostTokens, function: Activation) -> HostTokens {
        activate_all(&mut tokens.values, function);
        tokens
    }

    fn zeros_like(&self, tokens: &HostTokens) -> HostTokens {
        HostTokens { values: vec![0.0; tokens.values.len()], dim: tokens.dim }
    }

    fn add_rows(&self, mut tokens: HostTokens, rows: &[f32]) -> HostTokens {
        add_row(&mut tokens.values, rows);
        tokens
    }

    fn add(&self, mut residual: HostTokens, tokens: HostTokens) -> HostTokens {
        add_row(&mut residual.values, &tokens.values);
        residual
    }

    fn add_projection(
        &self,
        mut residual: HostTokens,
        tokens: HostTokens,
        linear: &HostLinear,
    ) -> HostTokens {
        let _span = trace_span!("add_projection").entered();
        linear.weight.add(&mut residual.values, &tokens.values, &linear.bias.0);
        residual
    }

    fn add_feed_forward(
        &self,
        mut residual: HostTokens,
        input: Option<&HostTokens>,
        block: &Block<HostWeight, HostVector>,
    ) -> HostTokens {
        let dim = residual.dim;
        let up_dim = block.up.bias.0.len();
        let mut inner = vec![0.0; FEED_FORWARD_ROWS.min(residual.values.len() / dim) * up_dim];
        for (at, rows) in residual.values.chunks_mut(FEED_FORWARD_ROWS * dim).enumerate() {
            let count = rows.len() / dim;
            let inner = &mut inner[..count * up_dim];
            let input = input.map(|input| &input.values[at * FEED_FORWARD_ROWS * dim..][..rows.len()]);
            trace_span!("feed_forward_up").in_scope(|| {
                let input = input.unwrap_or(rows);
                match block.gated {
                    false => activated(&block.up, inner, input, block.activation),
                    true => gated(&block.up, inner, input, block.activation),
                }
            });
            let inner = &inner[..inner.len() / (1 + usize::from(block.gated))];
            trace_span!("feed_forward_down")
                .in_scope(|| block.down.weight.add(rows, inner, &block.down.bias.0));
        }
        residual
    }

    fn to_host(&self, tokens: &HostTokens) -> Result<HostTokens, Error> {
        Ok(tokens.clone())
    }
}

/// `rows Wᵀ + b` for rows of `n × d_in` and a weight of `d_out × d_in`.
pub(crate) fn dense_rows(rows: &[f32], d_in: usize, weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let (n, d_out) = (rows.len() / d_in, bias.len());
    let mut sums = bias.repeat(n);
    matmul::Product { shape: [n, d_in, d_out], left: (rows, [d_in, 1]), right: (weight, [1, d_in]) }
        .add_to(&mut sums, d_out);
    sums
}
