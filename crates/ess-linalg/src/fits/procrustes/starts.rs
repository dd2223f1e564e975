//! Orthonormal matrices from which majorisation starts.

use ndarray::Array2;

use crate::{error::Error, fits::backend::linear_algebra};

/// The matrix with orthonormal rows or columns that is nearest to this one.
pub(super) fn nearest(matrix: &Array2<f64>) -> Result<Array2<f64>, Error> {
    let svd = linear_algebra().thin_svd(matrix.view())?;
    Ok(svd.u.dot(&svd.vt))
}

/// A matrix of values between −1 and 1 that are the same for a seed on every machine: SplitMix64 (Steele, Lea and Flood 2014).
pub(super) fn scattered(shape: (usize, usize), seed: u64) -> Array2<f64> {
    let mut state = seed;
    Array2::from_shape_simple_fn(shape, || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) as f64 / u64::MAX as f64 * 2.0 - 1.0
    })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_nearest_orthonormal_matrix_keeps_directions_and_signs() {
        let found = nearest(&array![[3.0, 0.0], [0.0, -2.0], [0.0, 0.0]]).unwrap();
        assert!((&found - &array![[1.0, 0.0], [0.0, -1.0], [0.0, 0.0]]).iter().all(|off| off.abs() < 1e-12));
    }

    /// The reference implementation of SplitMix64 gives these for the seed 1234567.
    #[test]
    fn starts_are_scattered_by_split_mix_64() {
        let reference = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        let found = scattered((1, 3), 1_234_567);
        for (found, reference) in found.iter().zip(reference) {
            let expected = reference as f64 / 2.0_f64.powi(63) - 1.0;
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
