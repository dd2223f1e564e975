//! The items that may be among the best for a query, with their features.

use ess_core::{Hit, TopK};

/// Items of one query, in row order, and one column of numbers for each feature.
#[derive(Clone)]
pub(crate) struct Candidates {
    pub(crate) items: Vec<u32>,
    /// Those of them that are looked at closely, in row order.
    pub(crate) close: Vec<u32>,
    pub(crate) columns: Vec<Vec<f32>>,
}

impl Candidates {
    /// Items without features yet, and those of them to look at closely; sorted, and each once.
    pub(crate) fn new(mut items: Vec<u32>, mut close: Vec<u32>, features: usize) -> Self {
        for rows in [&mut items, &mut close] {
            rows.sort_unstable();
            rows.dedup();
        }
        let columns = vec![vec![0.0; items.len()]; features];
        Self { items, close, columns }
    }

    /// The `k` best under the weights of the features.
    pub(crate) fn rank(&self, weights: &[f32], k: usize) -> Vec<Hit> {
        let mut best = TopK::new(k);
        for (at, &item) in self.items.iter().enumerate() {
            let features = self.columns.iter().zip(weights);
            best.push(Hit::new(item as usize, features.map(|(column, weight)| weight * column[at]).sum()));
        }
        best.into_sorted()
    }
}
