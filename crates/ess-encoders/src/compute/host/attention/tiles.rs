//! Attention by the processor's tile unit.

use ess_tiles::{BLOCK_ROWS, Columns, Matrix, Parts, Tiles};
use pulp::{Simd, WithSimd};

use super::{head::Added, text::Text};
use crate::compute::host::tile::PANEL;

/// Attention of whole texts: every query is compared with every key.
pub(super) struct InTileUnit<'t> {
    pub(super) attended: &'t mut [f32],
    pub(super) text: Text<'t>,
    pub(super) tiles: Tiles,
    pub(super) parts: Parts,
}

impl WithSimd for InTileUnit<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let shape = self.text.shape;
        let group = shape.heads / shape.kv_heads;
        let mut scratch = Scratch {
            queries: vec![0.0; BLOCK_ROWS * shape.head_dim],
            scores: vec![0.0; BLOCK_ROWS * self.text.keys.next_multiple_of(PANEL)],
            sums: vec![0.0; BLOCK_ROWS * shape.head_dim.next_multiple_of(PANEL)],
        };
        for first_of_group in (0..shape.heads).step_by(group) {
            let head = self.head(first_of_group);
            for number in first_of_group..first_of_group + group {
                let added = self.text.added(number);
                for first in (0..self.text.length()).step_by(BLOCK_ROWS) {
                    self.attend(simd, &head, &added, number * shape.head_dim, first, &mut scratch);
                }
            }
        }
    }
}

/// What a head's queries are compared with, and what they add up.
struct Head {
    keys: Columns,
    values: Columns,
}

struct Scratch {
    queries: Vec<f32>,
    scores: Vec<f32>,
    sums: Vec<f32>,
}

impl InTileUnit<'_> {
    fn head(&self, number: usize) -> Head {
        let Text { qkv, keys, shape, .. } = self.text;
        let [_, key, value] = shape.starts(number);
        let part = |at: usize| Matrix::new(&qkv[at..], [keys, shape.head_dim], shape.columns());
        Head {
            keys: self.tiles.columns(part(key), self.parts),
            values: self.tiles.columns_across(part(value), self.parts),
        }
    }

    /// The attention of one head's queries from `first` on, at most 32, whose columns begin at `at`.
    #[inline(always)]
    fn attend<S: Simd>(
        &mut self,
        simd: S,
        head: &Head,
        added: &Added,
        at: usize,
        first: usize,
        scratch: &mut Scratch,
    ) {
        let Self { attended, text, tiles, .. } = self;
        let (keys, shape) = (text.keys, text.shape);
        let (head_dim, padded) = (shape.head_dim, keys.next_multiple_of(PANEL));
        let Scratch { queries, scores, sums } = scratch;
        let tokens = text.qkv.chunks_exact(shape.columns()).skip(first);
        let mut count = 0;
        for (token, query) in tokens.zip(queries.chunks_exact_mut(head_dim)) {
            query.iter_mut().zip(&token[at..]).for_each(|(slot, value)| *slot = value * shape.scale);
            count += 1;
        }
        let some = Matrix::dense(&queries[..count * head_dim], head_dim);
        tiles.multiply_into(some, &head.keys, scores, padded);
        let mut shares = [0.0; BLOCK_ROWS];
        for (row, share) in shares[..count].iter_mut().enumerate() {
            let scores = &mut scores[row * padded..][..padded];
            *share = text.exponentials(simd, added, first + row, 0..keys, scores);
        }
        let width = head_dim.next_multiple_of(PANEL);
        tiles.multiply_into(Matrix::new(scores, [count, keys], padded), &head.values, sums, width);
        let rows = attended.chunks_exact_mut(shape.dim()).skip(first);
        for ((sums, share), attended) in sums.chunks_exact(width).zip(&shares[..count]).zip(rows) {
            let attended = &mut attended[at..][..head_dim];
            attended.iter_mut().zip(sums).for_each(|(attended, sum)| *attended = sum * share);
        }
    }
}
