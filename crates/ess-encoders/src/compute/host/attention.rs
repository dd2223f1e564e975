//! Attention inside one text.

use pulp::{Arch, Simd};

use super::{
    elementwise::exponentials,
    memory::HostMatrix,
    tile::{InTiles, PANEL, Tiled, tile},
};
use crate::compute::relative_position::relative_bucket;

/// Attention of a text's `s` tokens to each other, for every head: `qkv` is `s × 3d`, `attended` `s × d`.
///
/// A few queries at a time, so that their scores stay in the first-level cache and memory does not grow with `s²`.
pub(super) fn attend_text(
    attended: &mut [f32],
    qkv: &[f32],
    dim: usize,
    heads: usize,
    relative: Option<&HostMatrix>,
) {
    Arch::new().dispatch(InTiles(Attend { attended, qkv, dim, heads, relative }));
}

struct Attend<'t> {
    attended: &'t mut [f32],
    qkv: &'t [f32],
    dim: usize,
    heads: usize,
    relative: Option<&'t HostMatrix>,
}

impl Tiled for Attend<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(mut self, simd: S) {
        let (length, head_dim) = (self.length(), self.dim / self.heads);
        let mut head = Head {
            keys: vec![0.0; length.next_multiple_of(PANEL) * head_dim],
            values: vec![0.0; length * head_dim.next_multiple_of(PANEL)],
            by_distance: Vec::new(),
        };
        let mut scores = vec![0.0; R * length.next_multiple_of(PANEL)];
        for number in 0..self.heads {
            self.lay_out(&mut head, number);
            for first in (0..length).step_by(R) {
                self.attend::<S, V, R>(simd, &head, number * head_dim, first, &mut scores);
            }
        }
    }
}

/// What one head's queries are compared with, and what they add up.
struct Head {
    /// Panels of 32 keys, each divided by the square root of its dimension; zeros where the last one ends.
    keys: Vec<f32>,
    /// Panels of 32 columns of the values.
    values: Vec<f32>,
    /// What is added to a score, for the distances `-(length - 1) ..= length - 1` from query to key; empty for nothing.
    by_distance: Vec<f32>,
}

impl Attend<'_> {
    fn length(&self) -> usize {
        self.qkv.len() / (3 * self.dim)
    }

    #[inline(always)]
    fn lay_out(&self, head: &mut Head, number: usize) {
        let (length, head_dim) = (self.length(), self.dim / self.heads);
        let at = number * head_dim;
        let scale = 1.0 / (head_dim as f32).sqrt();
        for (token, row) in self.qkv.chunks_exact(3 * self.dim).enumerate() {
            let keys = &mut head.keys[token / PANEL * PANEL * head_dim + token % PANEL..];
            for (slot, &value) in keys.iter_mut().step_by(PANEL).zip(&row[self.dim + at..][..head_dim]) {
                *slot = value * scale;
            }
            for (panel, values) in row[2 * self.dim + at..][..head_dim].chunks(PANEL).enumerate() {
                let slots = &mut head.values[(panel * length + token) * PANEL..];
                match values.first_chunk::<PANEL>() {
                    Some(values) => slots[..PANEL].copy_from_slice(values),
                    None => slots[..values.len()].copy_from_slice(values),
                }
            }
        }
        if let Some(table) = self.relative {
            head.by_distance = scores_by_distance(table, number, length);
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
        let (length, head_dim, dim) = (self.length(), self.dim / self.heads, self.dim);
        let padded = length.next_multiple_of(PANEL);
        let queries: [&[f32]; R] =
            std::array::from_fn(|row| &self.qkv[(first + row).min(length - 1) * 3 * dim + at..][..head_dim]);
        for (panel, keys) in head.keys.chunks_exact(PANEL * head_dim).enumerate() {
            let tile = tile::<S, V, R>(simd, queries, keys, &[0.0; PANEL]);
            for (scores, tile) in scores.chunks_exact_mut(padded).zip(&tile) {
                scores[panel * PANEL..][..PANEL].copy_from_slice(tile);
            }
        }
        let mut shares = [0.0; R];
        for (row, (scores, share)) in scores.chunks_exact_mut(padded).zip(&mut shares).enumerate() {
            let nearest = length - 1 - (first + row).min(length - 1);
            let added = head.by_distance.get(nearest..nearest + length).unwrap_or(&[]);
            *share = 1.0 / exponentials(simd, scores, length, added);
        }
        let weights: [&[f32]; R] = std::array::from_fn(|row| &scores[row * padded..][..length]);
        for (panel, values) in head.values.chunks_exact(PANEL * length).enumerate() {
            let tile = tile::<S, V, R>(simd, weights, values, &[0.0; PANEL]);
            let columns = PANEL.min(head_dim - panel * PANEL);
            for (row, (tile, share)) in (first..length).zip(tile.iter().zip(&shares)) {
                let attended = &mut self.attended[row * dim + at + panel * PANEL..][..columns];
                attended.iter_mut().zip(tile).for_each(|(attended, value)| *attended = value * share);
            }
        }
    }
}

/// What a head adds to its scores for the distances `-(length - 1) ..= length - 1` from query to key.
fn scores_by_distance(table: &HostMatrix, head: usize, length: usize) -> Vec<f32> {
    let reach = length as isize - 1;
    (-reach..=reach).map(|distance| table.row(relative_bucket(distance, table.rows()))[head]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn attention_is_what_its_formula_says(
            length in 1_usize..50, head_dim in 1_usize..40, heads in 1_usize..4, buckets in 0_usize..2, seed in 0_u32..99,
        ) {
            let dim = heads * head_dim;
            let number = |i: usize| (((i as u32).wrapping_mul(2_654_435_761) ^ seed) % 997) as f32 / 500.0 - 1.0;
            let qkv: Vec<f32> = (0..length * 3 * dim).map(number).collect();
            let table = HostMatrix { values: (0..8 * heads).map(number).collect(), columns: heads };
            let relative = (buckets > 0).then_some(&table);
            let mut found = vec![9.0; length * dim];
            attend_text(&mut found, &qkv, dim, heads, relative);
            for (query, column) in (0..length).flat_map(|query| (0..dim).map(move |column| (query, column))) {
                let head = column / head_dim;
                let part = |token: usize, which: usize, i: usize| f64::from(qkv[token * 3 * dim + which * dim + i]);
                let score = |key: usize| {
                    let columns = head * head_dim..(head + 1) * head_dim;
                    let product: f64 = columns.map(|i| part(query, 0, i) * part(key, 1, i)).sum();
                    let distance = key as isize - query as isize;
                    let added = relative.map_or(0.0, |table| table.row(relative_bucket(distance, 8))[head]);
                    (product / (head_dim as f64).sqrt() + f64::from(added)).exp()
                };
                let sum: f64 = (0..length).map(score).sum();
                let expected: f64 = (0..length).map(|key| score(key) * part(key, 2, column)).sum::<f64>() / sum;
                prop_assert!((f64::from(found[query * dim + column]) - expected).abs() < 1e-5);
            }
        }
    }
}
