//! Drawn matrices, and whether two are near.

use ess_core::Embeddings;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.random_range(-1.0..1.0))
}

pub(crate) fn embeddings(rows: usize, columns: usize, seed: u64) -> Embeddings {
    Embeddings::new(random(rows, columns, seed).mapv(|x| x as f32)).unwrap()
}

pub(crate) fn wide(embeddings: &Embeddings) -> Array2<f64> {
    embeddings.view().mapv(f64::from)
}

#[track_caller]
pub(crate) fn close(found: &Array2<f64>, expected: &Array2<f64>, tolerance: f64) {
    let error = (found - expected).iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(error <= tolerance, "off by {error:e}");
}
