//! Fisher's randomisation test.

use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    differences::differences,
    draws::{Draws, MAX_EXHAUSTIVE},
};
use crate::error::Error;

/// Fisher's randomisation test for two systems on the same queries, two-sided.
///
/// Were the systems alike, each query's two values could as well be exchanged. The p-value is the share of
/// such exchanges whose difference of means is at least as large as the one observed: Smucker, Allan and
/// Carterette, "A comparison of statistical significance tests for information retrieval evaluation", CIKM
/// 2007. With at most 16 queries on which the systems differ, all exchanges are tried and the value is exact.
/// With more, `permutations` random ones are, and the observed one counts with them, so that p is never 0:
/// Phipson and Smyth, "Permutation p-values should never be zero", 2010. The same seed gives the same value
/// in any number of threads.
///
/// ```
/// use ess_metrics::RandomizationTest;
///
/// // Better on all of five queries: 2 of the 32 exchanges are as extreme.
/// let p = RandomizationTest::default().p_value(&[0.1, 0.2, 0.3, 0.4, 0.5], &[0.2, 0.4, 0.4, 0.5, 0.9])?;
/// assert_eq!(p, 2.0 / 32.0);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomizationTest {
    /// How many random exchanges are tried, from 1 to 10 million; 10 000 by default.
    pub permutations: usize,
    /// The seed of the exchanges; 0 by default.
    pub seed: u64,
}

impl Default for RandomizationTest {
    fn default() -> Self {
        Self { permutations: 10_000, seed: 0 }
    }
}

impl RandomizationTest {
    /// The p-value of the difference between two systems, whose values belong to the same queries in the same
    /// order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there are not as many values on both sides, [`Error::Empty`] or
    /// [`Error::NonFinite`] for no values or for a NaN or an infinity among them, [`Error::InvalidParameter`]
    /// for a number of permutations outside its range.
    pub fn p_value(&self, baseline: &[f64], system: &[f64]) -> Result<f64, Error> {
        let draws = Draws { count: self.permutations, seed: self.seed };
        draws.check("permutations of a randomisation test")?;
        let mut differences = differences(baseline, system)?;
        // Exchanging equal values changes nothing.
        differences.retain(|&difference| difference != 0.0);
        let size = differences.iter().map(|difference| difference.abs()).sum::<f64>();
        // Sums that are equal but for rounding count as equal.
        let observed = differences.iter().sum::<f64>().abs() - 1e-12 * size;
        let is_as_extreme = |sum: f64| sum.abs() >= observed;

        if differences.len() <= MAX_EXHAUSTIVE {
            let exchanges = 1_u64 << differences.len();
            let extreme = (0..exchanges).filter(|&signs| is_as_extreme(signed_sum(&differences, || signs)));
            return Ok(extreme.count() as f64 / exchanges as f64);
        }
        let extreme = (0..self.permutations).into_par_iter().filter(|&permutation| {
            let mut rng = draws.generator(permutation);
            is_as_extreme(signed_sum(&differences, || rng.next_u64()))
        });
        Ok((extreme.count() + 1) as f64 / (self.permutations + 1) as f64)
    }
}

/// The sum with some signs turned, as the bits say that are asked for 64 at a time.
fn signed_sum(differences: &[f64], mut bits: impl FnMut() -> u64) -> f64 {
    let blocks = differences.chunks(u64::BITS as usize).map(|block| {
        let bits = bits();
        let signed = block.iter().enumerate().map(|(i, difference)| {
            let sign = (bits >> i) << 63;
            f64::from_bits(difference.to_bits() ^ sign)
        });
        signed.sum::<f64>()
    });
    blocks.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_are_counted_exactly() {
        let test = RandomizationTest::default();
        let p = |differences: &[f64]| test.p_value(&vec![0.0; differences.len()], differences).unwrap();
        assert_eq!(p(&[0.0, 0.0]), 1.0);
        assert_eq!(p(&[0.5]), 1.0);
        // Of the sums ±0.1 ±0.2 ±0.3, those of size at least 0.4: ±0.6 and ±0.4.
        assert_eq!(p(&[-0.1, 0.2, 0.3]), 0.5);
        assert_eq!(p(&[0.1; 16]), 2.0 / 65_536.0);
    }

    #[test]
    fn sampling_agrees_with_exact_enumeration() {
        let test = RandomizationTest { permutations: 100_000, seed: 7 };
        let differences: Vec<f64> = (0..16).map(|i| f64::from(i) / 16.0 - 0.3).collect();
        let exact = test.p_value(&[0.0; 16], &differences).unwrap();
        // Four more pairs that hardly matter take the other path.
        let more: Vec<f64> = differences.into_iter().chain([1e-9; 4]).collect();
        let sampled = test.p_value(&[0.0; 20], &more).unwrap();
        assert!((0.01..0.5).contains(&exact) && (exact - sampled).abs() < 0.01, "{exact} {sampled}");
    }

    #[test]
    fn what_no_exchange_reaches_counts_once_among_all() {
        // Of 2^40 exchanges 2 are as extreme: none of a hundred random ones, and the observed one beside them.
        let test = RandomizationTest { permutations: 100, seed: 0 };
        assert_eq!(test.p_value(&[0.0; 40], &[1.0; 40]).unwrap(), 1.0 / 101.0);
    }

    #[test]
    fn bad_input_is_refused() {
        let test = RandomizationTest::default();
        assert!(matches!(test.p_value(&[], &[]), Err(Error::Empty { .. })));
        assert!(matches!(test.p_value(&[0.0], &[f64::INFINITY]), Err(Error::NonFinite { position: 0, .. })));
        assert!(matches!(test.p_value(&[0.0], &[]), Err(Error::LengthMismatch { .. })));
        let none = RandomizationTest { permutations: 0, seed: 0 };
        assert!(matches!(none.p_value(&[0.0], &[1.0]), Err(Error::InvalidParameter { .. })));
    }
}
