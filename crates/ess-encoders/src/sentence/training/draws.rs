//! Which queries a step has, and which of their items: the same for the same seed and step, whatever came before.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

// Streams of the order of queries, apart from those of what is drawn for each query of a step.
const ORDER: u64 = 1 << 63;

/// The queries of a step, from 1: one epoch after another, each in an order of its own.
pub(super) fn rows_of_step(queries: usize, size: usize, seed: u64, step: usize) -> Vec<usize> {
    let size = size.min(queries);
    let first = (step - 1) * size;
    let order = |epoch: usize| {
        let mut order: Vec<usize> = (0..queries).collect();
        if size < queries {
            order.shuffle(&mut random(seed, ORDER | epoch as u64));
        }
        order
    };
    let epochs = first / queries..=(first + size - 1) / queries;
    let rows: Vec<usize> = epochs.flat_map(order).collect();
    rows[first % queries..][..size].to_vec()
}

/// At most `most` of these, drawn for a query in a step; all where there are no more.
pub(super) fn drawn(
    from: &[usize],
    most: usize,
    seed: u64,
    (step, row, kind): (usize, usize, u64),
) -> Vec<usize> {
    let mut drawn = from.to_vec();
    if drawn.len() > most {
        drawn.shuffle(&mut random(seed, ((step as u64) << 33) ^ ((row as u64) << 1) ^ kind));
        drawn.truncate(most);
    }
    drawn
}

fn random(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_is_seen_equally_often_and_epochs_differ() {
        let all: Vec<usize> = (1..=14).flat_map(|step| rows_of_step(7, 3, 5, step)).collect();
        for epoch in all.chunks(7) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6]);
        }
        assert_ne!(all[..7], all[7..14]);
        assert_eq!(rows_of_step(3, 8, 0, 4), [0, 1, 2]);
    }

    #[test]
    fn draws_differ_by_step_and_query_and_repeat() {
        let from: Vec<usize> = (0..50).collect();
        let at = |step, row| drawn(&from, 5, 9, (step, row, 0));
        assert_eq!(at(1, 2), at(1, 2));
        assert!(at(1, 2) != at(2, 2) && at(1, 2) != at(1, 3));
        assert_eq!(drawn(&from[..4], 5, 9, (1, 1, 0)), [0, 1, 2, 3]);
    }
}
