//! A text whose tokens attend to each other.

use std::ops::Range;

use pulp::Simd;

use super::head::Added;
use crate::{
    compute::host::{exponential::exponentials, memory::HostMatrix, tile::PANEL},
    transformer::{attention_shape::AttentionShape, disentangled::Relative},
};

/// The queries, keys and values of a text's tokens.
pub(super) struct Text<'t> {
    pub(super) qkv: &'t [f32],
    pub(super) keys: usize,
    pub(super) shape: &'t AttentionShape,
    pub(super) relative: Option<Relative<'t, HostMatrix>>,
}

impl Text<'_> {
    pub(super) fn length(&self) -> usize {
        self.qkv.len() / self.shape.columns()
    }

    /// The tokens to which a query attends.
    pub(super) fn seen(&self, query: usize) -> Range<usize> {
        let seen = self.shape.seen(query, self.length());
        seen.start.min(self.keys)..seen.end.min(self.keys)
    }

    /// What a head adds to its scores.
    pub(super) fn added(&self, head: usize) -> Added {
        Added::new(self.relative, self.qkv, self.shape, head)
    }

    /// Turns the scores of a query, of the keys in `range`, into exponentials with what the head adds to them. Returns what
    /// they are to be multiplied by to sum to 1. The range begins with a panel, and there is room to the end of its last one.
    #[inline(always)]
    pub(super) fn exponentials<S: Simd>(
        &self,
        simd: S,
        added: &Added,
        query: usize,
        range: Range<usize>,
        scores: &mut [f32],
    ) -> f32 {
        let Range { start, end } = range;
        let mut of_pairs = Vec::new();
        let added = added.to_scores(query, self.length(), start..end, &mut of_pairs);
        let seen = self.seen(query);
        scores[start..seen.start].fill(f32::NEG_INFINITY);
        scores[seen.end..end].fill(f32::NEG_INFINITY);
        let scores = &mut scores[start..end.next_multiple_of(PANEL)];
        1.0 / exponentials(simd, scores, end - start, added)
    }
}
