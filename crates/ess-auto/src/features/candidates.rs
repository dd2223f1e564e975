//! The items that may be among the best for a query, with their signals.

use ess_core::{Hit, TopK};

use crate::features::weights::{SIGNALS, Weights};

/// Items of one query, in row order, and one column of numbers for each signal.
#[derive(Clone)]
pub(crate) struct Candidates {
    pub(crate) items: Vec<u32>,
    /// Those of them that are looked at closely, in row order.
    pub(crate) close: Vec<u32>,
    pub(crate) columns: [Vec<f32>; SIGNALS],
}

impl Candidates {
    /// Items without signals yet, and those of them to look at closely; sorted, and each once.
    pub(crate) fn new(mut items: Vec<u32>, mut close: Vec<u32>) -> Self {
        for rows in [&mut items, &mut close] {
            rows.sort_unstable();
            rows.dedup();
        }
        let columns = std::array::from_fn(|_| vec![0.0; items.len()]);
        Self { items, close, columns }
    }

    /// The `k` best under the weights.
    pub(crate) fn rank(&self, weights: &Weights, k: usize) -> Vec<Hit> {
        let mut best = TopK::new(k);
        for (at, &item) in self.items.iter().enumerate() {
            let signals = self.columns.iter().zip(weights.values());
            best.push(Hit::new(item as usize, signals.map(|(column, weight)| weight * column[at]).sum()));
        }
        best.into_sorted()
    }
}
