//! What a first pass says of a query, and how the query moves by it.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Error};
use ess_lexical::SparseVectors;

use super::scale::{EXPANSION, LEXICAL, Scale};
use crate::input::batch::Batch;

/// How far the second pass moves a query towards what the first one found, to find more. It decides which items are
/// looked at, not how they are ranked.
const MOVE: f32 = 0.5;

/// What the first pass says of a query.
pub(crate) struct Feedback {
    /// The weighted mean of the first items' embeddings.
    pub(crate) centroid: Vec<f32>,
    /// The terms that the first items share, with weights that sum to 1.
    pub(crate) terms: Vec<(u32, f32)>,
}

/// Each query, moved towards its centroid.
pub(crate) fn moved(batch: &Batch, feedback: &[Feedback], scale: Scale) -> Result<Embeddings, Error> {
    let mut moved = batch.dense.view().to_owned();
    for (mut query, feedback) in moved.rows_mut().into_iter().zip(feedback) {
        let factor = MOVE * scale.query / scale.item;
        query.iter_mut().zip(&feedback.centroid).for_each(|(q, c)| *q += factor * c);
    }
    Embeddings::new(moved)
}

/// A query's counts with the terms of feedback, on the scale on which they are combined.
pub(crate) fn merged(queries: &SparseVectors, row: usize, terms: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut sums: BTreeMap<u32, f32> =
        queries.row(row).map(|(index, count)| (index, LEXICAL * count)).collect();
    terms.iter().for_each(|&(index, value)| *sums.entry(index).or_default() += MOVE * EXPANSION * value);
    sums.into_iter().collect()
}
