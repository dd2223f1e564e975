//! Attention by vector instructions.

use pulp::Simd;

use super::{head::Added, text::Text};
use crate::compute::host::tile::{PANEL, Tiled, tile};

pub(super) struct InVectors<'t> {
    pub(super) attended: &'t mut [f32],
    pub(super) text: Text<'t>,
}

impl Tiled for InVectors<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(mut self, simd: S) {
        let (length, head_dim) = (self.text.length(), self.text.shape.head_dim);
        let mut head = Head {
            keys: vec![0.0; length.next_multiple_of(PANEL) * head_dim],
            values: vec![0.0; length * head_dim.next_multiple_of(PANEL)],
        };
        let mut scores = vec![0.0; R * length.next_multiple_of(PANEL)];
        for number in 0..self.text.shape.heads {
            head.lay_out(&self.text, number);
            let added = self.text.added(number);
            for first in (0..length).step_by(R) {
                self.attend::<S, V, R>(simd, &head, &added, number * head_dim, first, &mut scores);
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
}

impl Head {
    #[inline(always)]
    fn lay_out(&mut self, text: &Text<'_>, number: usize) {
        let (length, head_dim, scale) = (text.length(), text.shape.head_dim, text.shape.scale);
        let [_, key, value] = text.shape.starts(number);
        for (token, row) in text.qkv.chunks_exact(text.shape.columns()).enumerate() {
            let keys = &mut self.keys[token / PANEL * PANEL * head_dim + token % PANEL..];
            for (slot, &value) in keys.iter_mut().step_by(PANEL).zip(&row[key..][..head_dim]) {
                *slot = value * scale;
            }
            for (panel, values) in row[value..][..head_dim].chunks(PANEL).enumerate() {
                let slots = &mut self.values[(panel * length + token) * PANEL..];
                match values.first_chunk::<PANEL>() {
                    Some(values) => slots[..PANEL].copy_from_slice(values),
                    None => slots[..values.len()].copy_from_slice(values),
                }
            }
        }
    }
}

impl InVectors<'_> {
    /// The attention of one head's queries from `first` on, at most `R`, whose columns begin at `at`.
    #[inline(always)]
    fn attend<S: Simd, const V: usize, const R: usize>(
        &mut self,
        simd: S,
        head: &Head,
        added: &Added,
        at: usize,
        first: usize,
        scores: &mut [f32],
    ) {
        let Self { text, attended } = self;
        let (length, head_dim, dim) = (text.length(), text.shape.head_dim, text.shape.dim());
        let (padded, columns) = (length.next_multiple_of(PANEL), text.shape.columns());
        let token = |row: usize| (first + row).min(length - 1);
        let queries: [&[f32]; R] =
            std::array::from_fn(|row| &text.qkv[token(row) * columns + at..][..head_dim]);
        // What any of these queries sees, from the start of a panel.
        let start = text.seen(first).start / PANEL * PANEL;
        let end = text.seen(token(R - 1)).end;
        let panels = head.keys.chunks_exact(PANEL * head_dim).enumerate();
        for (panel, keys) in panels.take(end.div_ceil(PANEL)).skip(start / PANEL) {
            let tile = tile::<S, V, R>(simd, queries, keys, &[0.0; PANEL]);
            for (scores, tile) in scores.chunks_exact_mut(padded).zip(&tile) {
                scores[panel * PANEL..][..PANEL].copy_from_slice(tile);
            }
        }
        let mut shares = [0.0; R];
        for (row, (scores, share)) in scores.chunks_exact_mut(padded).zip(&mut shares).enumerate() {
            *share = text.exponentials(simd, added, token(row), start..end, scores);
        }
        let weights: [&[f32]; R] = std::array::from_fn(|row| &scores[row * padded..][start..end]);
        for (panel, values) in head.values.chunks_exact(PANEL * length).enumerate() {
            let values = &values[start * PANEL..end * PANEL];
            let tile = tile::<S, V, R>(simd, weights, values, &[0.0; PANEL]);
            let columns = PANEL.min(head_dim - panel * PANEL);
            for (row, (tile, share)) in (first..length).zip(tile.iter().zip(&shares)) {
                let attended = &mut attended[row * dim + at + panel * PANEL..][..columns];
                attended.iter_mut().zip(tile).for_each(|(attended, value)| *attended = value * share);
            }
        }
    }
}
