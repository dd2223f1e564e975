//! Which queries a step has, and which of their items: the same for the same seed and step, whatever came before.

use rand::{
    RngExt, SeedableRng,
    seq::{SliceRandom, index},
};
use rand_chacha::ChaCha8Rng;

// Streams of the order of queries, apart from those of what is drawn for each query of a step.
const ORDER: u64 = 1 << 63;
// Streams of starting values.
const START: u64 = 1 << 62;

/// The queries of a step, from 1: one epoch after another, each in an order of its own.
pub(crate) fn rows_of_step(queries: usize, size: usize, seed: u64, step: usize) -> Vec<usize> {
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
pub(crate) fn drawn(
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

/// At most `most` different numbers below `count`, drawn for a query in a step.
pub(crate) fn drawn_below(
    count: usize,
    most: usize,
    seed: u64,
    (step, row, kind): (usize, usize, u64),
) -> Vec<usize> {
    let stream = ((step as u64) << 33) ^ ((row as u64) << 1) ^ kind;
    index::sample(&mut random(seed, stream), count, most.min(count)).into_vec()
}

/// Numbers of a normal distribution with mean 0 and this standard deviation (Box and Muller, 1958).
pub(crate) fn normal(count: usize, deviation: f64, seed: u64, of: u64) -> Vec<f32> {
    let mut random = random(seed, START | of);
    let mut number = || {
        let (radius, angle) = (1.0 - random.random::<f64>(), random.random::<f64>());
        let radius = (-2.0 * radius.ln()).sqrt();
        (deviation * radius * (std::f64::consts::TAU * angle).cos()) as f32
    };
    (0..count).map(|_| number()).collect()
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

    #[test]
    fn numbers_below_a_count_are_different_and_starting_values_are_normal() {
        let drawn = drawn_below(9, 4, 1, (2, 3, 1));
        assert!(drawn.len() == 4 && drawn.iter().all(|&number| number < 9));
        assert_eq!(drawn, drawn_below(9, 4, 1, (2, 3, 1)));
        let mut all = drawn_below(3, 8, 1, (0, 0, 0));
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
        let values = normal(20_000, 0.5, 7, 0);
        let mean = values.iter().sum::<f32>() / 2e4;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 2e4;
        assert!(mean.abs() < 0.02 && (variance - 0.25).abs() < 0.02, "{mean} and {variance}");
        assert_ne!(normal(3, 1.0, 7, 0), normal(3, 1.0, 7, 1));
    }
}
