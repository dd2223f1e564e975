//! What a head adds to the scores of its queries and keys.

use std::ops::Range;

use crate::{
    compute::{
        host::{memory::HostMatrix, pair_scores::PairScores},
        relative_position::relative_bucket,
    },
    transformer::{alibi::slopes, attention_shape::AttentionShape, disentangled::Relative},
};

/// What is added to a score.
pub(super) enum Added {
    Nothing,
    /// For the distances `-(length - 1) ..= length - 1` from query to key.
    ByDistance(Vec<f32>),
    /// For each pair of tokens.
    ByPair(PairScores),
}

impl Added {
    pub(super) fn new(
        relative: Option<Relative<'_, HostMatrix>>,
        qkv: &[f32],
        shape: &AttentionShape,
        head: usize,
    ) -> Self {
        let length = qkv.len() / shape.columns();
        match relative {
            Some(Relative::Bias(table)) => {
                Self::ByDistance(scores_by_distance(table, head, length, shape.farthest))
            }
            Some(Relative::Disentangled(positions)) => {
                Self::ByPair(PairScores::new(positions, qkv, shape, head))
            }
            None if shape.linear_biases => Self::ByDistance(linear_biases(shape, head, length)),
            None => Self::Nothing,
        }
    }

    /// What is added to a query's scores with the keys in `range`; empty for nothing.
    pub(super) fn to_scores<'a>(
        &'a self,
        query: usize,
        length: usize,
        range: Range<usize>,
        of_pairs: &'a mut Vec<f32>,
    ) -> &'a [f32] {
        match self {
            Self::Nothing => &[],
            Self::ByDistance(scores) => {
                let nearest = length - 1 - query;
                &scores[nearest + range.start..nearest + range.end]
            }
            Self::ByPair(pairs) => {
                pairs.of_query(query, range, of_pairs);
                of_pairs
            }
        }
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
