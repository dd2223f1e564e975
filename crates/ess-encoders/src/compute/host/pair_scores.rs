//! What distances add to the scores of one head, compared with what its tokens mean.

use std::ops::Range;

use super::{matmul::Product, memory::HostMatrix};
use crate::transformer::{attention_shape::AttentionShape, disentangled::Disentangled};

/// For each token of a text what every distance adds to its scores, as a query and as a key.
pub(super) struct PairScores {
    /// `length × width` each; nothing where the model does not compare them.
    as_query: Vec<f32>,
    as_key: Vec<f32>,
    width: usize,
    /// The column for the distances `-(length - 1) ..= length - 1` from key to query.
    columns: Vec<usize>,
    length: usize,
}

impl PairScores {
    /// Of the head `number` of a text: `qkv` is `length × (h + 2 h_kv) d_head`.
    pub(super) fn new(
        positions: &Disentangled<HostMatrix>,
        qkv: &[f32],
        shape: &AttentionShape,
        number: usize,
    ) -> Self {
        let length = qkv.len() / shape.columns();
        let mut columns = positions.rows.of_length(length);
        let first = columns.iter().copied().min().unwrap_or(0);
        let width = columns.iter().copied().max().map_or(0, |last| last + 1 - first);
        columns.iter_mut().for_each(|row| *row -= first);
        let [query, key, _] = shape.starts(number);
        let compare = |table: &Option<HostMatrix>, start: usize| {
            let Some(table) = table else { return Vec::new() };
            let mut scores = vec![0.0; length * width];
            let rows = &table.values[first * table.columns + number * shape.head_dim..];
            Product {
                shape: [length, shape.head_dim, width],
                left: (&qkv[start..], [shape.columns(), 1]),
                right: (rows, [1, table.columns]),
            }
            .add_to(&mut scores, width);
            scores
        };
        let (as_query, as_key) = (compare(&positions.keys, query), compare(&positions.queries, key));
        Self { as_query, as_key, width, columns, length }
    }

    /// What is added to the scores of a query with some keys.
    pub(super) fn of_query(&self, query: usize, keys: Range<usize>, added: &mut Vec<f32>) {
        added.clear();
        let own = self.as_query.get(query * self.width..(query + 1) * self.width);
        added.extend(keys.map(|key| {
            let column = self.columns[query + self.length - 1 - key];
            let of_key = self.as_key.get(key * self.width + column).copied().unwrap_or(0.0);
            own.map_or(0.0, |own| own[column]) + of_key
        }));
    }
}
