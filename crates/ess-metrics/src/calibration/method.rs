//! The methods of calibration by name.

use serde::{Deserialize, Serialize};

use super::isotonic::Isotonic;
use super::logistic::Logistic;
use crate::error::Error;

/// A method of calibration: how scores and their outcomes become a function from a score to a probability.
///
/// ```
/// use ess_metrics::Calibration;
///
/// let (scores, relevant) = ([0.1, 0.2, 0.3, 0.4], [false, true, false, true]);
/// for method in [Calibration::Platt, Calibration::Temperature, Calibration::Isotonic] {
///     let fitted = method.fit(&scores, &relevant)?;
///     assert!(fitted.probability(0.1) < fitted.probability(0.4));
/// }
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// [`Logistic::platt`]: two parameters.
    #[default]
    Platt,
    /// [`Logistic::temperature`]: one parameter.
    Temperature,
    /// [`Isotonic`]: any function that never falls.
    Isotonic,
}

/// A function from a score to a probability, fitted by a [`Calibration`].
///
/// ```
/// use ess_metrics::{Calibration, Calibrator};
///
/// let fitted = Calibration::Isotonic.fit(&[0.1, 0.4], &[false, true])?;
/// assert!(matches!(fitted, Calibrator::Isotonic(_)));
/// assert_eq!(fitted.probability(0.4), 1.0);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Calibrator {
    /// A logistic function.
    Logistic(Logistic),
    /// Straight lines between points that never fall.
    Isotonic(Isotonic),
}

impl Calibration {
    /// Fits scores and their outcomes, one outcome for each score.
    ///
    /// # Errors
    /// Those of [`Logistic::platt`], [`Logistic::temperature`] and [`Isotonic::fit`].
    pub fn fit<S: Copy + Into<f64>>(self, scores: &[S], relevant: &[bool]) -> Result<Calibrator, Error> {
        Ok(match self {
            Self::Platt => Calibrator::Logistic(Logistic::platt(scores, relevant)?),
            Self::Temperature => Calibrator::Logistic(Logistic::temperature(scores, relevant)?),
            Self::Isotonic => Calibrator::Isotonic(Isotonic::fit(scores, relevant)?),
        })
    }
}

impl Calibrator {
    /// The probability of relevance at a score.
    pub fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Logistic(fitted) => fitted.probability(score),
            Self::Isotonic(fitted) => fitted.probability(score),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibrator_gives_the_probabilities_of_its_function() {
        let logistic = Calibrator::Logistic(Logistic { scale: 2.0, bias: -1.0 });
        assert_eq!(logistic.probability(0.5), 0.5);
        assert!((logistic.probability(1.0) - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-15);
        let isotonic = Isotonic { scores: vec![0.0, 1.0], probabilities: vec![0.25, 0.75] };
        assert_eq!(
            [-1.0, 0.5, 2.0].map(|x| Calibrator::Isotonic(isotonic.clone()).probability(x)),
            [0.25, 0.5, 0.75]
        );
    }

    #[test]
    fn each_method_is_the_fit_of_its_name() {
        let (scores, relevant) = ([0.1, 0.2, 0.3, 0.4], [false, true, false, true]);
        let fit = |method: Calibration| method.fit(&scores, &relevant).unwrap();
        assert_eq!(
            fit(Calibration::Platt),
            Calibrator::Logistic(Logistic::platt(&scores, &relevant).unwrap())
        );
        assert_eq!(
            fit(Calibration::Temperature),
            Calibrator::Logistic(Logistic::temperature(&scores, &relevant).unwrap())
        );
        assert_eq!(
            fit(Calibration::Isotonic),
            Calibrator::Isotonic(Isotonic::fit(&scores, &relevant).unwrap())
        );
        assert!(matches!(
            Calibration::Platt.fit(&scores, &[true; 4]),
            Err(Error::OneOutcome { relevant: true, count: 4 })
        ));
    }
}
