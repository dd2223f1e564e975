//! Similarities that cannot overflow.

use ess_core::{Embeddings, Error};

/// The largest norm of an item. No similarity, and no part of its sum, exceeds the product of the norms of query and
/// item. A device need not have infinities, so overflow is excluded beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimilarityBound {
    item: usize,
    length: f64,
}

impl SimilarityBound {
    pub(super) fn new(items: &Embeddings) -> Self {
        let longest = Self { item: 0, length: 0.0 };
        items.rows().enumerate().fold(longest, |longest, (item, row)| {
            let length = length(row);
            if length > longest.length { Self { item, length } } else { longest }
        })
    }

    /// Refuses queries whose similarities could overflow. The error names the first.
    pub(super) fn check(&self, queries: &Embeddings) -> Result<(), Error> {
        let overflows = |query: &[f32]| length(query) * self.length > f64::from(f32::MAX);
        match queries.rows().position(overflows) {
            None => Ok(()),
            Some(row) => Err(Error::NonFinite {
                what: "largest similarity that a query (row) and the longest item (column) may have",
                row,
                column: self.item,
                value: f32::INFINITY,
            }),
        }
    }
}

fn length(row: &[f32]) -> f64 {
    row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}
