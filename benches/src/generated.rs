//! Embeddings from a fixed generator, which the peers' scripts repeat.

use ess_core::Embeddings;
use ndarray::{Array1, Array2, Axis};

/// `n × dim` numbers in `-0.5..0.5`: the first 24 bits of the outputs of SplitMix64 (Steele, Lea and Flood, 2014)
/// from the state `seed · 2^32`, as the peers make them.
///
/// # Panics
/// When `n` or `dim` is zero.
pub fn uniform(n: usize, dim: usize, seed: u64) -> Embeddings {
    let mut next = splitmix(seed);
    Embeddings::from_vec((0..n * dim).map(|_| next()).collect(), dim).expect("finite numbers")
}

/// Numbers in `-0.5..0.5`, one a call.
fn splitmix(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed << 32;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32 - 0.5
    }
}

/// The latent variables that decide what a vector of [`low_intrinsic`] is.
const LATENT: usize = 24;

/// The rectified units between latent variables and vectors.
const HIDDEN: usize = 256;

/// The part of a vector's length that is noise.
const NOISE: f32 = 0.3;

/// `n` vectors of unit norm and low intrinsic dimension: 24 latent variables, nearly normal, through a fixed network
/// with 256 rectified units, and noise of 0.3 of the length in all `dim` directions. Their spectrum falls like that of
/// sentence embeddings (0.74 of the variance in 32 directions, 0.89 in 128). Seeds draw from one distribution: take one
/// for items and another for queries.
///
/// # Panics
/// When `n` or `dim` is zero.
pub fn low_intrinsic(n: usize, dim: usize, seed: u64) -> Embeddings {
    let mut network = normal(7);
    let inner = Array2::from_shape_simple_fn((LATENT, HIDDEN), &mut network);
    let bias = Array1::from_shape_simple_fn(HIDDEN, &mut network) * 0.5 * (LATENT as f32).sqrt();
    let outer = Array2::from_shape_simple_fn((HIDDEN, dim), &mut network);
    let mut draw = normal(1000 + seed);
    let mut vectors = Array2::zeros((n, dim));
    // In chunks, so that what is between does not need more memory than the vectors.
    for mut chunk in vectors.axis_chunks_iter_mut(Axis(0), 4096) {
        let latent = Array2::from_shape_simple_fn((chunk.nrows(), LATENT), &mut draw);
        let hidden = (latent.dot(&inner) + &bias).mapv_into(|x| x.max(0.0));
        chunk.assign(&hidden.dot(&outer));
        for mut row in chunk.rows_mut() {
            let length = row.dot(&row).sqrt();
            let noise = NOISE / (dim as f32).sqrt();
            row.mapv_inplace(|x| x / length + noise * draw());
        }
    }
    Embeddings::new(vectors).expect("finite numbers").normalized()
}

/// Numbers of mean 0 and variance 1: sums of four uniform ones.
pub(crate) fn normal(seed: u64) -> impl FnMut() -> f32 {
    let mut uniform = splitmix(seed);
    let scale = 3.0_f32.sqrt();
    move || scale * (uniform() + uniform() + uniform() + uniform())
}
