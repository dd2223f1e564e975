//! Scores beside outcomes, checked for a fit.

use crate::error::Error;

/// Scores and, for each, what Platt's targets make of its outcome.
pub(super) struct Sample {
    pub(super) scores: Vec<f64>,
    pub(super) targets: Vec<f64>,
    /// How many are relevant.
    pub(super) positives: f64,
}

impl Sample {
    /// Refuses what nothing can be fitted to.
    pub(super) fn new<S: Copy + Into<f64>>(scores: &[S], relevant: &[bool]) -> Result<Self, Error> {
        let scores = checked_scores(scores, relevant)?;
        let positives = relevant.iter().filter(|&&relevant| relevant).count();
        let negatives = relevant.len() - positives;
        if positives == 0 || negatives == 0 {
            return Err(Error::OneOutcome { relevant: negatives == 0, count: relevant.len() });
        }
        let (positives, negatives) = (positives as f64, negatives as f64);
        let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
        let targets = relevant.iter().map(|&relevant| if relevant { high } else { low }).collect();
        Ok(Self { scores, targets, positives })
    }

    pub(super) fn count(&self) -> f64 {
        self.scores.len() as f64
    }

    /// Mean and standard deviation of the scores; equal scores tell nothing apart.
    pub(super) fn mean_and_deviation(&self) -> Result<(f64, f64), Error> {
        let mean = self.scores.iter().sum::<f64>() / self.count();
        let variance = self.scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / self.count();
        let deviation = variance.sqrt();
        if deviation > 1e-12 * mean.abs().max(f64::MIN_POSITIVE) {
            Ok((mean, deviation))
        } else {
            Err(Error::NoRise { scale: 0.0 })
        }
    }
}

/// Scores as `f64`, one for each outcome, all finite.
pub(super) fn checked_scores<S: Copy + Into<f64>>(
    scores: &[S],
    relevant: &[bool],
) -> Result<Vec<f64>, Error> {
    if scores.len() != relevant.len() {
        let what = "outcomes, one for each score";
        return Err(Error::LengthMismatch { what, expected: scores.len(), found: relevant.len() });
    }
    if scores.is_empty() {
        return Err(Error::Empty { what: "scores" });
    }
    let scores: Vec<f64> = scores.iter().map(|&score| score.into()).collect();
    match scores.iter().position(|score| !score.is_finite()) {
        Some(position) => {
            let what = "scores to calibrate".to_owned();
            Err(Error::NonFinite { what, position, value: scores[position] })
        }
        None => Ok(scores),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_from_the_mean_and_equal_scores_have_none() {
        let moments = |scores: &[f64]| {
            let relevant: Vec<bool> = (0..scores.len()).map(|i| i == 0).collect();
            Sample::new(scores, &relevant).unwrap().mean_and_deviation()
        };
        // A variance of 5/4.
        assert_eq!(moments(&[1.0, 2.0, 3.0, 4.0]).unwrap(), (2.5, 1.25_f64.sqrt()));
        assert_eq!(moments(&[-1.0, 1.0]).unwrap(), (0.0, 1.0));
        assert!(matches!(moments(&[0.1; 3]), Err(Error::NoRise { .. })));
    }
}
