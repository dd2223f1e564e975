//! Which tokens attend to which, and in how many heads.

use std::{ops::Range, sync::Arc};

/// The shape of a block's attention.
#[derive(Clone, Debug)]
pub(crate) struct AttentionShape {
    /// Heads of queries.
    pub(crate) heads: usize,
    /// Heads of keys and values, a divisor of `heads`: each serves `heads / kv_heads` heads of queries, one after another
    /// (Ainslie et al., "GQA", 2023).
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    /// What the product of query and key is multiplied by.
    pub(crate) scale: f32,
    /// Whether a token attends to no token behind it.
    pub(crate) causal: bool,
    /// How far away a token attends to others, where attention is local.
    pub(crate) reach: Option<usize>,
    pub(crate) rotary: Option<Arc<Rotary>>,
    /// The distance from which on all relative positions are in one bucket.
    pub(crate) farthest: usize,
    /// Whether scores lose what grows with the distance (ALiBi).
    pub(crate) linear_biases: bool,
}

/// The distance of BERT-era relative positions.
pub(crate) const FARTHEST: usize = 128;

/// Rotary positions: pairs of components, half a head apart, are turned by an angle that grows with the position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rotary {
    /// Radians a token, for each of the `d_head / 2` pairs.
    pub(crate) frequencies: Vec<f32>,
    /// What queries and keys are multiplied by.
    pub(crate) scale: f32,
    /// Whether a text that is longer than the model's positions has other frequencies.
    pub(crate) by_length: bool,
}

impl AttentionShape {
    /// Every token attends to every other, in heads that divide `dim` evenly: the BERT family.
    #[cfg(any(feature = "split", test))]
    pub(crate) fn bidirectional(dim: usize, heads: usize) -> Self {
        let head_dim = dim / heads;
        let scale = 1.0 / (head_dim as f32).sqrt();
        let (causal, reach, rotary) = (false, None, None);
        Self {
            heads,
            kv_heads: heads,
            head_dim,
            scale,
            causal,
            reach,
            rotary,
            farthest: FARTHEST,
            linear_biases: false,
        }
    }

    /// The components of query, key and value of one token.
    pub(crate) fn columns(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// The components that come out.
    pub(crate) fn dim(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Where a query's, a key's or a value's head begins in the components of a token.
    pub(crate) fn starts(&self, head: usize) -> [usize; 3] {
        let kv_head = head / (self.heads / self.kv_heads);
        [head, self.heads + kv_head, self.heads + self.kv_heads + kv_head].map(|at| at * self.head_dim)
    }

    /// The tokens of a text of `length` to which its token `query` attends.
    pub(crate) fn seen(&self, query: usize, length: usize) -> Range<usize> {
        let reach = self.reach.unwrap_or(length);
        let end = if self.causal { query + 1 } else { query.saturating_add(reach).saturating_add(1) };
        query.saturating_sub(reach)..end.min(length)
    }

    /// Whether every token attends to every other, whatever the text.
    #[cfg(feature = "device")]
    pub(crate) fn sees_all(&self) -> bool {
        !self.causal && self.reach.is_none()
    }
}

impl Rotary {
    /// Cosines and sines for the first `length` positions, `length × d_head / 2` each.
    pub(crate) fn turns(&self, length: usize) -> [Vec<f32>; 2] {
        let angles = (0..length).flat_map(|at| self.frequencies.iter().map(move |f| at as f32 * f));
        angles.map(|angle| (angle.cos() * self.scale, angle.sin() * self.scale)).unzip().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_see_what_is_near_enough_and_not_behind_them() {
        let shape = AttentionShape::bidirectional(8, 4);
        assert_eq!((shape.seen(2, 5), shape.columns(), shape.dim()), (0..5, 24, 8));
        let causal = AttentionShape { causal: true, ..shape.clone() };
        assert_eq!(causal.seen(2, 5), 0..3);
        let local = AttentionShape { reach: Some(1), ..shape.clone() };
        assert_eq!([0, 2, 4].map(|query| local.seen(query, 5)), [0..2, 1..4, 3..5]);
        let both = AttentionShape { causal: true, reach: Some(1), kv_heads: 2, ..shape };
        assert_eq!((both.seen(2, 5), both.columns()), (1..3, 16));
        assert_eq!([0, 1, 2, 3].map(|head| both.starts(head)[1]), [8, 8, 10, 10]);
    }
}
