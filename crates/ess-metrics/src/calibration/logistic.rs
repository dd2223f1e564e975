//! Logistic calibration: from a score to a probability by a scale and a bias.

use serde::{Deserialize, Serialize};

use super::newton::{Newton, minimise, sigmoid};
use super::sample::Sample;
use crate::error::Error;

/// `p = 1 / (1 + exp(−(scale · score + bias)))`, fitted so that `p` is the share of relevant items among those with the same score.
///
/// ```
/// use ess_metrics::Logistic;
///
/// // Of 4 at score 0 one is relevant, of 4 at score 1 three.
/// let scores = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
/// let relevant = [false, false, false, true, false, true, true, true];
/// let fitted = Logistic::platt(&scores, &relevant)?;
/// assert!(fitted.scale > 0.0);
/// assert!((fitted.probability(0.5) - 0.5).abs() < 1e-9);
/// assert!((fitted.probability(1.0) + fitted.probability(0.0) - 1.0).abs() < 1e-9);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// The factor of scores; above 0.
    pub scale: f64,
    /// The bias, which is added to the product.
    pub bias: f64,
}

impl Logistic {
    /// Platt scaling: both parameters by regularised maximum likelihood (Platt, "Probabilistic outputs for support vector
    /// machines", 1999).
    ///
    /// The targets of `r` relevant and `n` other outcomes are `(r + 1) / (r + 2)` and `1 / (n + 2)`. They keep the parameters
    /// finite where scores separate the two. The fit is Newton's method with backtracking (Lin, Lin and Weng, "A note on
    /// Platt's probabilistic outputs for support vector machines", Machine Learning 68, 2007).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] and [`Error::NonFinite`] for scores and outcomes that do not fit or are not finite; [`Error::OneOutcome`]
    /// when all are relevant or none is; [`Error::NoRise`] when relevant items do not score higher than the others.
    pub fn platt<S: Copy + Into<f64>>(scores: &[S], relevant: &[bool]) -> Result<Self, Error> {
        let sample = Sample::new(scores, relevant)?;
        let (mean, deviation) = sample.mean_and_deviation()?;
        let standard: Vec<f64> = sample.scores.iter().map(|score| (score - mean) / deviation).collect();
        let prior = (sample.positives / (sample.count() - sample.positives)).ln();
        let [scale, bias] = minimise([0.0, prior], |[scale, bias]| {
            let rows = standard.iter().zip(&sample.targets).map(|(&x, &target)| ([x, 1.0], target));
            Newton::at(rows, [scale, bias])
        });
        Self::of_standard(scale, bias, mean, deviation)
    }

    /// Temperature scaling (Guo et al., "On calibration of modern neural networks", ICML 2017): one parameter.
    ///
    /// The probability at the mean score is the share of relevant outcomes in the sample. The temperature `1 / scale` is fitted
    /// with the likelihood and the targets of [`Logistic::platt`].
    ///
    /// # Errors
    /// Those of [`Logistic::platt`].
    pub fn temperature<S: Copy + Into<f64>>(scores: &[S], relevant: &[bool]) -> Result<Self, Error> {
        let sample = Sample::new(scores, relevant)?;
        let (mean, deviation) = sample.mean_and_deviation()?;
        let standard: Vec<f64> = sample.scores.iter().map(|score| (score - mean) / deviation).collect();
        let prior = (sample.positives / (sample.count() - sample.positives)).ln();
        let [scale, _] = minimise([0.0, prior], |[scale, bias]| {
            let rows = standard.iter().zip(&sample.targets).map(|(&x, &target)| ([x, 1.0], target));
            Newton::at(rows, [scale, bias]).along_the_first()
        });
        Self::of_standard(scale, prior, mean, deviation)
    }

    /// The probability of relevance at a score.
    pub fn probability(&self, score: f64) -> f64 {
        sigmoid(self.scale * score + self.bias)
    }

    /// Back from scores of mean 0 and deviation 1.
    fn of_standard(scale: f64, bias: f64, mean: f64, deviation: f64) -> Result<Self, Error> {
        let fitted = Self { scale: scale / deviation, bias: bias - scale * mean / deviation };
        if fitted.scale > 0.0 { Ok(fitted) } else { Err(Error::NoRise { scale: fitted.scale }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Scores and outcomes drawn from a logistic law, by a fixed sequence.
    fn drawn(count: usize, scale: f64, bias: f64) -> (Vec<f64>, Vec<bool>) {
        let golden = |i: usize, step: f64| (i as f64 * step).fract();
        let scores: Vec<f64> = (0..count).map(|i| golden(i, 0.618_033_988_75)).collect();
        let relevant = scores
            .iter()
            .enumerate()
            .map(|(i, score)| golden(i, 0.754_877_666_25) < sigmoid(scale * score + bias))
            .collect();
        (scores, relevant)
    }

    #[test]
    fn the_law_that_outcomes_were_drawn_from_is_found() {
        let (scores, relevant) = drawn(20_000, 6.0, -4.0);
        let fitted = Logistic::platt(&scores, &relevant).unwrap();
        assert!((fitted.scale - 6.0).abs() < 0.2 && (fitted.bias + 4.0).abs() < 0.2, "{fitted:?}");
    }

    #[test]
    fn at_the_platt_optimum_predictions_have_the_mean_of_their_targets() {
        let (scores, relevant) = drawn(500, 3.0, -1.0);
        let fitted = Logistic::platt(&scores, &relevant).unwrap();
        let sample = Sample::new(&scores, &relevant).unwrap();
        let errors = || scores.iter().zip(&sample.targets).map(|(&x, &t)| (x, fitted.probability(x) - t));
        assert!(errors().map(|(_, error)| error).sum::<f64>().abs() < 1e-6);
        assert!(errors().map(|(x, error)| x * error).sum::<f64>().abs() < 1e-6);
    }

    #[test]
    fn temperature_gives_the_mean_score_the_base_rate() {
        let (scores, relevant) = drawn(4000, 6.0, -4.0);
        let fitted = Logistic::temperature(&scores, &relevant).unwrap();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let base = relevant.iter().filter(|&&relevant| relevant).count() as f64 / scores.len() as f64;
        assert!((fitted.probability(mean) - base).abs() < 1e-9);
        assert!((fitted.scale - 6.0).abs() < 1.0, "{fitted:?}");
    }

    #[test]
    fn scores_that_separate_the_outcomes_stay_finite() {
        let fitted = Logistic::platt(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]).unwrap();
        assert!(fitted.scale.is_finite() && fitted.probability(0.9) > 0.6);
    }

    #[test]
    fn two_scores_have_the_probabilities_of_their_targets() {
        // One relevant item far above n others: targets of 2/3 and 1 / (n + 2), which two parameters meet exactly.
        for others in [3_usize, 30, 300, 3000, 30_000] {
            let scores: Vec<f64> = (0..=others).map(|i| f64::from(u8::from(i == others))).collect();
            let relevant: Vec<bool> = scores.iter().map(|&score| score == 1.0).collect();
            let fitted = Logistic::platt(&scores, &relevant).unwrap();
            let found = [fitted.probability(1.0), fitted.probability(0.0)];
            let near =
                (found[0] - 2.0 / 3.0).abs() < 1e-4 && (found[1] * (others as f64 + 2.0) - 1.0).abs() < 1e-3;
            assert!(near, "{others}: {found:?}");
        }
    }

    #[test]
    fn probabilities_of_large_logits_are_0_and_1() {
        let plain = Logistic { scale: 1.0, bias: 0.0 };
        assert_eq!([-1e4, 0.0, 1e4].map(|score| plain.probability(score)), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn samples_that_say_nothing_are_refused() {
        let platt = |scores: &[f64], relevant: &[bool]| Logistic::platt(scores, relevant);
        assert!(matches!(platt(&[], &[]), Err(Error::Empty { .. })));
        assert!(matches!(platt(&[0.1], &[true, false]), Err(Error::LengthMismatch { .. })));
        assert!(matches!(platt(&[0.1, f64::NAN], &[true, false]), Err(Error::NonFinite { position: 1, .. })));
        assert!(matches!(
            platt(&[0.1, 0.2], &[true; 2]),
            Err(Error::OneOutcome { relevant: true, count: 2 })
        ));
        assert!(matches!(platt(&[0.1, 0.2], &[false; 2]), Err(Error::OneOutcome { relevant: false, .. })));
        assert!(matches!(platt(&[0.3, 0.3], &[true, false]), Err(Error::NoRise { .. })));
        assert!(matches!(platt(&[0.1, 0.2], &[true, false]), Err(Error::NoRise { scale }) if scale < 0.0));
        let even = platt(&[0.0, 1.0, 0.0, 1.0], &[true, true, false, false]);
        assert!(matches!(even, Err(Error::NoRise { scale: 0.0 })), "{even:?}");
    }

    proptest! {
        #[test]
        fn nothing_is_nearer_the_targets_than_the_optimum(
            sample in prop::collection::vec((prop_oneof![0_u8..10, 200_u8..202], any::<bool>()), 4..40),
        ) {
            let (scores, relevant): (Vec<f64>, Vec<bool>) =
                sample.into_iter().map(|(score, relevant)| (f64::from(score), relevant)).unzip();
            let Ok(sample) = Sample::new(&scores, &relevant) else { return Ok(()) };
            let slopes = |fitted: Logistic| {
                let errors = || scores.iter().zip(&sample.targets).map(|(&x, &t)| (x, fitted.probability(x) - t));
                let (mean, deviation) = sample.mean_and_deviation().unwrap();
                let along = errors().map(|(x, error)| (x - mean) / deviation * error).sum::<f64>();
                [along, errors().map(|(_, error)| error).sum::<f64>()]
            };
            if let Ok(fitted) = Logistic::platt(&scores, &relevant) {
                let found = slopes(fitted);
                prop_assert!(found.iter().all(|slope| slope.abs() < 1e-4), "{fitted:?}: {found:?}");
            }
            if let Ok(fitted) = Logistic::temperature(&scores, &relevant) {
                prop_assert!(slopes(fitted)[0].abs() < 1e-4, "{fitted:?}");
            }
        }

        #[test]
        fn a_shift_and_a_factor_of_scores_change_no_probability(
            shift in -50.0_f64..50.0, factor in 0.01_f64..100.0,
        ) {
            let (scores, relevant) = drawn(200, 5.0, -2.0);
            let moved: Vec<f64> = scores.iter().map(|score| factor * score + shift).collect();
            let plain = Logistic::platt(&scores, &relevant).unwrap();
            let other = Logistic::platt(&moved, &relevant).unwrap();
            for (score, moved) in scores.iter().zip(&moved) {
                prop_assert!((plain.probability(*score) - other.probability(*moved)).abs() < 1e-6);
            }
        }
    }
}
