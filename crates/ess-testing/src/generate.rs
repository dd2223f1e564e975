//! Inputs from fixed seeds.

use ess_core::Embeddings;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `n × dim` components, uniform in `-1..1`.
pub(crate) fn embeddings(n: usize, dim: usize, seed: u64) -> Embeddings {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
    checked(values, dim)
}

/// `n × dim` components out of -1, 0 and 1: many rows occur twice and many similarities tie.
pub(crate) fn coarse_embeddings(n: usize, dim: usize, seed: u64) -> Embeddings {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * dim).map(|_| (rng.next_u32() % 3) as f32 - 1.0).collect();
    checked(values, dim)
}

/// `n × dim` times the same number.
pub(crate) fn constant_embeddings(n: usize, dim: usize, value: f32) -> Embeddings {
    checked(vec![value; n * dim], dim)
}

fn checked(values: Vec<f32>, dim: usize) -> Embeddings {
    Embeddings::from_vec(values, dim).expect("generated embeddings are finite and not empty")
}
