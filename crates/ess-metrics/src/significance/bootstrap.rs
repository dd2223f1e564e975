//! Bootstrap confidence intervals.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{check_repeats, check_values, differences};
use crate::Error;

/// The bootstrap: the interval in which a mean over queries would fall had other queries been drawn.
///
/// Draws as many queries as there are, with replacement, `resamples` times, and takes the percentiles of the
/// means: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, §13.3. For two systems it draws
/// pairs. The same seed gives the same interval in any number of threads.
///
/// ```
/// use ess_metrics::Bootstrap;
///
/// let ndcg: Vec<f64> = (0..100).map(|query| f64::from(query % 5) / 4.0).collect();
/// let [low, high] = Bootstrap::default().interval(&ndcg, 0.95)?;
/// assert!(low < 0.5 && 0.5 < high && high - low < 0.2);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bootstrap {
    /// How often queries are drawn, from 1 to 10 million; 10 000 by default.
    pub resamples: usize,
    /// The seed of the draws; 0 by default.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 10_000, seed: 0 }
    }
}

impl Bootstrap {
    /// The interval of the mean, low and high, at a confidence between 0 and 1 such as 0.95.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NonFinite`] for no values or for a NaN or an infinity among them,
    /// [`Error::InvalidParameter`] for a confidence or a number of resamples outside its range.
    pub fn interval(&self, values: &[f64], confidence: f64) -> Result<[f64; 2], Error> {
        check_values("values to be resampled", values)?;
        check_repeats("resamples of a bootstrap", self.resamples)?;
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(Error::InvalidParameter {
                name: "confidence of an interval",
                expected: "a number above 0 and below 1",
                found: confidence.to_string(),
            });
        }
        let mut means: Vec<f64> =
            (0..self.resamples).into_par_iter().map(|draw| self.mean(values, draw)).collect();
        means.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - confidence) / 2.0;
        Ok([quantile(&means, tail), quantile(&means, 1.0 - tail)])
    }

    /// The interval of the mean of `system − baseline`, whose values belong to the same queries in the same
    /// order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there are not as many values on both sides, and those of
    /// [`Bootstrap::interval`].
    pub fn difference_interval(
        &self,
        baseline: &[f64],
        system: &[f64],
        confidence: f64,
    ) -> Result<[f64; 2], Error> {
        self.interval(&differences(baseline, system)?, confidence)
    }

    fn mean(&self, values: &[f64], draw: usize) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(draw as u64);
        let drawn = values.iter().map(|_| values[rng.random_range(0..values.len())]);
        drawn.sum::<f64>() / values.len() as f64
    }
}

/// The quantile of sorted values, interpolated between the two next to it.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_normal_approximation_on_many_queries() {
        // Uniform on 0..1: standard error sqrt(1 / 12 / n).
        let values: Vec<f64> = (0..2000).map(|i| (f64::from(i) + 0.5) / 2000.0).collect();
        let [low, high] = Bootstrap::default().interval(&values, 0.95).unwrap();
        let expected = 1.959_964 * (1.0 / 12.0 / 2000.0_f64).sqrt();
        assert!((0.5 - low - expected).abs() < 0.001 && (high - 0.5 - expected).abs() < 0.001);
    }

    #[test]
    fn pairs_are_drawn_together() {
        let baseline: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
        let system: Vec<f64> = baseline.iter().map(|value| value + 0.25).collect();
        let [low, high] = Bootstrap::default().difference_interval(&baseline, &system, 0.95).unwrap();
        assert!((low - 0.25).abs() < 1e-12 && (high - 0.25).abs() < 1e-12);
    }

    #[test]
    fn one_query_gives_an_interval_without_width() {
        assert_eq!(Bootstrap::default().interval(&[0.3], 0.95), Ok([0.3, 0.3]));
    }

    #[test]
    fn bad_input_is_refused() {
        let bootstrap = Bootstrap::default();
        assert!(matches!(bootstrap.interval(&[], 0.95), Err(Error::Empty { .. })));
        let found = bootstrap.interval(&[0.0, f64::NAN], 0.95);
        assert!(matches!(found, Err(Error::NonFinite { position: 1, .. })));
        for confidence in [0.0, 1.0, -0.5, f64::NAN] {
            let found = bootstrap.interval(&[0.0], confidence);
            assert!(matches!(found, Err(Error::InvalidParameter { .. })));
        }
        for resamples in [0, usize::MAX] {
            let found = Bootstrap { resamples, seed: 0 }.interval(&[0.0], 0.95);
            assert!(matches!(found, Err(Error::InvalidParameter { .. })));
        }
        let found = bootstrap.difference_interval(&[0.0, 1.0], &[0.0], 0.95);
        assert!(matches!(found, Err(Error::LengthMismatch { expected: 2, found: 1, .. })));
    }
}
