//! Attention inside one text.

use std::ops::Range;

use pulp::{Arch, Simd};

use super::{
    exponential::exponentials,
    memory::HostMatrix,
    pair_scores::PairScores,
    tile::{InTiles, PANEL, Tiled, tile},
};
use crate::{
    compute::relative_position::relative_bucket,
    transformer::{alibi::slopes, attention_shape::AttentionShape, disentangled::Relative},
};

/// Attention of a text's `s` tokens to each other, for every head: `qkv` is `s × (h + 2 h_kv) d_head`, `attended`
/// `s × h d_head`.
///
/// Only the first `keys` tokens are attended to. A few queries at a time, so that their scores stay in the first-level cache and memory does not grow with `s²`. Keys
/// that none of them sees cost nothing.
pub(crate) fn attend_text(
    attended: &mut [f32],
    qkv: &[f32],
    keys: usize,
    shape: &AttentionShape,
    relative: Option<Relative<'_, HostMatrix>>,
) {
    Arch::new().dispatch(InTiles(Attend { attended, qkv, keys, shape, relative }));
}

struct Attend<'t> {
    attended: &'t mut [f32],
    qkv: &'t [f32],
    keys: usize,
    shape: &'t AttentionShape,
    relative: Option<Relative<'t, HostMatrix>>,
}

impl Tiled for Attend<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(mut self, simd: S) {
        let (length, head_dim) = (self.length(), self.shape.head_dim);
        let mut head = Head {
            keys: vec![0.0; length.next_multiple_of(PANEL) * head_dim],
            values: vec![0.0; length * head_dim.next_multiple_of(PANEL)],
            by_distance: Vec::new(),
            by_pair: None,
        };
        let mut scores = vec![0.0; R * length.next_multiple_of(PANEL)];
        for number in 0..self.shape.heads {
            self.lay_out(&mut head, number);
            for first in (0..length).step_by(R) {
                self.attend::<S, V, R>(simd, &head, number * head_dim, first, &mut scores);
            }
        }
    }
}

/// What one head's queries are compared with, and what they add up.
struct Head {
    /// Panels of 32 keys, each multiplied by the scale of the scores; zeros where the last one ends.
    keys: Vec<f32>,
    /// Panels of 32 columns of the values.
    values: Vec<f32>,
    /// What is added to a score, for the distances `-(length - 1) ..= length - 1` from query to key; empty for nothing.
    by_distance: Vec<f32>,
    /// What is added to a score, for each pair of tokens.
    by_pair: Option<PairScores>,
}

impl Attend<'_> {
    fn length(&self) -> usize {
        self.qkv.len() / self.shape.columns()
    }

    /// The tokens to which a query attends.
    fn seen(&self, query: usize) -> Range<usize> {
        let seen = self.shape.seen(query, self.length());
        seen.start.min(self.keys)..seen.end.min(self.keys)
    }

    #[inline(always)]
    fn lay_out(&self, head: &mut Head, number: usize) {
        let (length, head_dim, scale) = (self.length(), self.shape.head_dim, self.shape.scale);
        let [_, key, value] = self.shape.starts(number);
        for (token, row) in self.qkv.chunks_exact(self.shape.columns()).enumerate() {
            let keys = &mut head.keys[token / PANEL * PANEL * head_dim + token % PANEL..];
            for (slot, &value) in keys.iter_mut().step_by(PANEL).zip(&row[key..][..head_dim]) {
                *slot = value * scale;
            }
            for (panel, values) in row[value..][..head_dim].chunks(PANEL).enumerate() {
                let slots = &mut head.values[(panel * length + token) * PANEL..];
                match values.first_chunk::<PANEL>() {
                    Some(values) => slots[..PANEL].copy_from_slice(values),
                    None => slots[..values.len()].copy_from_slice(values),
                }
            }
        }
        match self.relative {
            Some(Relative::Bias(table)) => {
                head.by_distance = scores_by_distance(table, number, length, self.shape.farthest);
            }
            Some(Relative::Disentangled(positions)) => {
                head.by_pair = Some(PairScores::new(positions, self.qkv, self.shape, number));
            }
            None if self.shape.linear_biases => head.by_distance = linear_biases(self.shape, number, length),
            None => {}
        }
    }

    /// The attention of one head's queries from `first` on, at most `R`, whose columns begin at `at`.
    #[inline(always)]
    fn attend<S: Simd, const V: usize, const R: usize>(
        &mut self,
        simd: S,
        head: &Head,
        at: usize,
        first: usize,
        scores: &mut [f32],
    ) {
        let (length, head_dim, dim) = (self.length(), self.shape.head_dim, self.shape.dim());
        let (padded, columns) = (length.next_multiple_of(PANEL), self.shape.columns());
        let token = |row: usize| (first + row).min(length - 1);
        let queries: [&[f32]; R] =
            std::array::from_fn(|row| &self.qkv[token(row) * columns + at..][..head_dim]);
        // What any of these queries sees, from the start of a panel.
        let start = self.seen(first).start / PANEL * PANEL;
        let end = self.seen(token(R - 1)).end;
        let panels = head.keys.chunks_exact(PANEL * head_dim).enumerate();
        for (panel, keys) in panels.take(end.div_ceil(PANEL)).skip(start / PANEL) {
            let tile = tile::<S, V, R>(simd, queries, keys, &[0.0; PANEL]);
            for (scores, tile) in scores.chunks_exact_mut(padded).zip(&tile) {
                scores[panel * PANEL..][..PANEL].copy_from_slice(tile);
            }
        }
        let shares = self.exponentials_of::<S, R>(simd, head, first, start..end, scores);
        let weights: [&[f32]; R] = std::array::from_fn(|row| &scores[row * padded..][start..end]);
        for (panel, values) in head.values.chunks_exact(PANEL * length).enumerate() {
            let values = &values[start * PANEL..end * PANEL];
            let tile = tile::<S, V, R>(simd, weights, values, &[0.0; PANEL]);
            let columns = PANEL.min(head_dim - panel * PANEL);
            for (row, (tile, share)) in (first..length).zip(tile.iter().zip(&shares)) {
                let attended = &mut self.attended[row * dim + at + panel * PANEL..][..columns];
                attended.iter_mut().zip(tile).for_each(|(attended, value)| *attended = value * share);
            }
        }
    }

    /// Turns the scores of each query from `first` on, of the keys in `range`, into exponentials with what the head adds to
    /// them, and returns what each query's are to be multiplied by to sum to 1.
    #[inline(always)]
    fn exponentials_of<S: Simd, const R: usize>(
        &self,
        simd: S,
        head: &Head,
        first: usize,
        range: Range<usize>,
        scores: &mut [f32],
    ) -> [f32; R] {
        let (length, Range { start, end }) = (self.length(), range);
        let padded = length.next_multiple_of(PANEL);
        let token = |row: usize| (first + row).min(length - 1);
        let (mut shares, mut of_query) = ([0.0; R], Vec::new());
        for (row, (scores, share)) in scores.chunks_exact_mut(padded).zip(&mut shares).enumerate() {
            let nearest = length - 1 - token(row);
            let added = match &head.by_pair {
                Some(pairs) => {
                    pairs.of_query(token(row), start..end, &mut of_query);
                    &of_query
                }
                None => head.by_distance.get(nearest + start..nearest + end).unwrap_or(&[]),
            };
            let seen = self.seen(token(row));
            scores[start..seen.start].fill(f32::NEG_INFINITY);
            scores[seen.end..end].fill(f32::NEG_INFINITY);
            let scores = &mut scores[start..end.next_multiple_of(PANEL)];
            *share = 1.0 / exponentials(simd, scores, end - start, added);
        }
        shares
    }
}

/// What a head adds to its scores for the distances `-(length - 1) ..= length - 1` from query to key.
fn scores_by_distance(table: &HostMatrix, head: usize, length: usize, farthest: usize) -> Vec<f32> {
    let reach = length as isize - 1;
    (-reach..=reach)
        .map(|distance| table.row(relative_bucket(distance, table.rows(), farthest))[head])
        .collect()
}

/// What a head's scores lose for those distances.
fn linear_biases(shape: &AttentionShape, head: usize, length: usize) -> Vec<f32> {
    let slope = slopes(shape.heads)[head];
    let reach = length as isize - 1;
    (-reach..=reach).map(|distance| -slope * distance.unsigned_abs() as f32).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn attention_is_what_its_formula_says(
            length in 1_usize..80,
            head_dim in 1_usize..40,
            kv_heads in 1_usize..3,
            group in 1_usize..3,
            buckets in 0_usize..2,
            causal: bool,
            reach in prop::option::of(0_usize..20),
            unattended in 0_usize..9,
            seed in 0_u32..99,
        ) {
            // A local attention may see none of the first tokens.
            let keys = if reach.is_some() { length } else { length.saturating_sub(unattended).max(1) };
            let heads = kv_heads * group;
            let shape = AttentionShape { kv_heads, causal, reach, ..AttentionShape::bidirectional(heads * head_dim, heads) };
            let (dim, columns) = (shape.dim(), shape.columns());
            let number = |i: usize| (((i as u32).wrapping_mul(2_654_435_761) ^ seed) % 997) as f32 / 500.0 - 1.0;
            let qkv: Vec<f32> = (0..length * columns).map(number).collect();
            let table = HostMatrix { values: (0..8 * heads).map(number).collect(), columns: heads };
            let relative = (buckets > 0).then_some(&table);
            let mut found = vec![9.0; length * dim];
            attend_text(&mut found, &qkv, keys, &shape, relative.map(Relative::Bias));
            for (query, column) in (0..length).flat_map(|query| (0..dim).map(move |column| (query, column))) {
                let (head, own) = (column / head_dim, column % head_dim);
                let starts = shape.starts(head);
                let part = |token: usize, which: usize, i: usize| f64::from(qkv[token * columns + starts[which] + i]);
                let score = |key: usize| {
                    let product: f64 = (0..head_dim).map(|i| part(query, 0, i) * part(key, 1, i)).sum();
                    let distance = key as isize - query as isize;
                    let added = relative.map_or(0.0, |table| table.row(relative_bucket(distance, 8, 128))[head]);
                    (product / (head_dim as f64).sqrt() + f64::from(added)).exp()
                };
                let seen = shape.seen(query, length);
                let seen = seen.start..seen.end.min(keys);
                let sum: f64 = seen.clone().map(score).sum();
                let expected: f64 = seen.map(|key| score(key) * part(key, 2, own)).sum::<f64>() / sum;
                prop_assert!((f64::from(found[query * dim + column]) - expected).abs() < 1e-5);
            }
        }
    }
}
