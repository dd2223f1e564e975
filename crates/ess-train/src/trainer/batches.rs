//! Which queries each step sees.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Batches of equal size over shuffled queries, one epoch after another; what is left of an epoch joins the next.
///
/// A batch that holds all queries keeps their order.
pub(crate) struct Batches {
    size: usize,
    order: Vec<usize>,
    next: usize,
    random: ChaCha8Rng,
}

impl Batches {
    pub(crate) fn new(queries: usize, size: usize, seed: u64) -> Self {
        let size = size.min(queries);
        let order: Vec<usize> = (0..queries).collect();
        // Shuffled when the first batch is asked for.
        Self { size, next: queries, order, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Whether every batch is the whole set, in order.
    pub(crate) fn is_whole(&self) -> bool {
        self.size == self.order.len()
    }

    pub(crate) fn next_batch(&mut self) -> Vec<usize> {
        if self.is_whole() {
            return self.order.clone();
        }
        let mut batch = Vec::with_capacity(self.size);
        while batch.len() < self.size {
            if self.next == self.order.len() {
                self.order.shuffle(&mut self.random);
                self.next = 0;
            }
            let taken = (self.size - batch.len()).min(self.order.len() - self.next);
            batch.extend_from_slice(&self.order[self.next..self.next + taken]);
            self.next += taken;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_query_is_seen_equally_often(queries in 1_usize..40, size in 1_usize..50, seed: u64) {
            let mut batches = Batches::new(queries, size, seed);
            let size = size.min(queries);
            let mut seen = vec![0; queries];
            // As many batches as make whole epochs.
            for _ in 0..queries {
                let batch = batches.next_batch();
                prop_assert_eq!(batch.len(), size);
                batch.into_iter().for_each(|row| seen[row] += 1);
            }
            prop_assert!(seen.iter().all(|&times| times == size));
        }
    }
}
