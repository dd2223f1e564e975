//! How a loss changes with the queries, keys and values of attention.

use pulp::Arch;

use super::{
    exponential::exp,
    matmul::Product,
    sums::{LANES, across, sum},
    wide::Wide,
};
use crate::transformer::attention_shape::AttentionShape;

/// Adds to the gradients of `qkv` (`s × 3 h d_head`, zeros at first) what the gradients of the attended states
/// (`s × h d_head`) of one text give. Every token attends to every other, each head with keys of its own.
///
/// The shares of attention are computed anew, so that no `s × s` numbers are kept for each text and head.
pub(crate) fn attend_text_back(of_qkv: &mut [f32], qkv: &[f32], of_attended: &[f32], shape: &AttentionShape) {
    let length = qkv.len() / shape.columns();
    let mut shares = vec![0.0; length * length];
    let mut slopes = vec![0.0; length * length];
    for head in 0..shape.heads {
        let text = HeadOfText { qkv, of_attended, shape, length, starts: shape.starts(head), head };
        shares.fill(0.0);
        slopes.fill(0.0);
        text.shares(&mut shares);
        text.back(of_qkv, &shares, &mut slopes);
    }
}

/// One head in one text of `s` tokens.
struct HeadOfText<'t> {
    qkv: &'t [f32],
    of_attended: &'t [f32],
    shape: &'t AttentionShape,
    length: usize,
    starts: [usize; 3],
    head: usize,
}

impl HeadOfText<'_> {
    /// Softmax of the scores, `s × s`, into zeros.
    fn shares(&self, shares: &mut [f32]) {
        let (columns, length) = (self.shape.columns(), self.length);
        let [query, key, _] = self.starts.map(|start| &self.qkv[start..]);
        let (left, right) = ((query, [columns, 1]), (key, [1, columns]));
        Product { shape: [length, self.shape.head_dim, length], left, right }.add_to(shares, length);
        softmax_rows(shares, length, self.shape.scale);
    }

    /// Gradients of query, key and value from the shares; `slopes` are zeros.
    fn back(&self, of_qkv: &mut [f32], shares: &[f32], slopes: &mut [f32]) {
        let (columns, length, dim) = (self.shape.columns(), self.length, self.shape.dim());
        let head_dim = self.shape.head_dim;
        let [query, key, value] = self.starts.map(|start| &self.qkv[start..]);
        let outputs = (&self.of_attended[self.head * head_dim..], [dim, 1]);
        Product { shape: [length, length, head_dim], left: (shares, [1, length]), right: outputs }
            .add_to(&mut of_qkv[self.starts[2]..], columns);
        Product { shape: [length, head_dim, length], left: outputs, right: (value, [1, columns]) }
            .add_to(slopes, length);
        scores_back(slopes, shares, length, self.shape.scale);
        Product {
            shape: [length, length, head_dim],
            left: (slopes, [length, 1]),
            right: (key, [columns, 1]),
        }
        .add_to(&mut of_qkv[self.starts[0]..], columns);
        Product {
            shape: [length, length, head_dim],
            left: (slopes, [1, length]),
            right: (query, [columns, 1]),
        }
        .add_to(&mut of_qkv[self.starts[1]..], columns);
    }
}

/// Each row of scores becomes its softmax, after multiplication by the scale.
fn softmax_rows(scores: &mut [f32], length: usize, scale: f32) {
    Arch::new().dispatch(Wide(
        #[inline(always)]
        || {
            for row in scores.chunks_exact_mut(length) {
                let largest = largest(row);
                row.iter_mut().for_each(|score| *score = exp((*score - largest) * scale));
                let total = 1.0 / sum(row, |share| share);
                row.iter_mut().for_each(|share| *share *= total);
            }
        },
    ));
}

/// Gradients of shares become gradients of the products of query and key.
fn scores_back(slopes: &mut [f32], shares: &[f32], length: usize, scale: f32) {
    Arch::new().dispatch(Wide(
        #[inline(always)]
        || {
            for (slopes, shares) in slopes.chunks_exact_mut(length).zip(shares.chunks_exact(length)) {
                slopes.iter_mut().zip(shares).for_each(|(slope, share)| *slope *= share);
                let total = sum(slopes, |slope| slope);
                for (slope, share) in slopes.iter_mut().zip(shares) {
                    *slope = (*slope - total * share) * scale;
                }
            }
        },
    ));
}

#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        lanes
            .iter_mut()
            .zip(chunk)
            .for_each(|(lane, value)| *lane = if *value > *lane { *value } else { *lane });
    }
    rest.iter().copied().fold(across(lanes, f32::max), f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::{host::attention::attend_text, precision::Precision};

    #[test]
    fn gradients_are_those_of_small_steps() {
        let shape = AttentionShape::bidirectional(8, 2);
        for length in [1_usize, 3, 40] {
            let number = |i: usize| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0;
            let qkv: Vec<f32> = (0..length * 24).map(number).collect();
            let direction: Vec<f32> = (0..length * 8).map(|i| number(i * 3 + 1)).collect();
            let loss = |qkv: &[f32]| -> f64 {
                let mut attended = vec![0.0; length * 8];
                attend_text(&mut attended, qkv, length, &shape, None, Precision::F32);
                attended.iter().zip(&direction).map(|(a, b)| f64::from(a * b)).sum()
            };
            let mut found = vec![0.0; qkv.len()];
            attend_text_back(&mut found, &qkv, &direction, &shape);
            for at in (0..qkv.len()).step_by(1 + length / 8) {
                let moved = |by: f32| {
                    let mut qkv = qkv.clone();
                    qkv[at] += by;
                    loss(&qkv)
                };
                let step = 1.0 / 64.0;
                let expected = (moved(step) - moved(-step)) / f64::from(2.0 * step);
                assert!((f64::from(found[at]) - expected).abs() < 2e-3, "{at}: {} and {expected}", found[at]);
            }
        }
    }
}
