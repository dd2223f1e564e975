//! Isotonic calibration: from a score to a probability by any function that never falls.

use serde::{Deserialize, Serialize};

use super::sample::checked_scores;
use crate::error::Error;

/// Isotonic regression: the function of the score that never falls and has the least squared error, found by pooling adjacent
/// violators (Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002).
/// It is linear between its points and constant outside them.
///
/// It needs about a thousand outcomes, where [`Logistic`](crate::Logistic) needs some tens. Many scores have the same
/// probability, so rank by the scores.
///
/// ```
/// use ess_metrics::Isotonic;
///
/// let fitted = Isotonic::fit(&[0.1, 0.2, 0.3, 0.4], &[false, true, false, true])?;
/// assert_eq!(fitted.probability(0.1), 0.0);
/// assert_eq!(fitted.probability(0.25), 0.5);
/// assert_eq!(fitted.probability(9.0), 1.0);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Points")]
pub struct Isotonic {
    /// Scores, rising.
    pub scores: Vec<f64>,
    /// The probability at each, never falling, in `0..=1`.
    pub probabilities: Vec<f64>,
}

/// The points as they are read, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    scores: Vec<f64>,
    probabilities: Vec<f64>,
}

impl TryFrom<Points> for Isotonic {
    type Error = String;

    fn try_from(points: Points) -> Result<Self, String> {
        let Points { scores, probabilities } = points;
        let rise =
            scores.iter().all(|score| score.is_finite()) && scores.windows(2).all(|pair| pair[0] < pair[1]);
        let hold = probabilities.iter().all(|p| (0.0..=1.0).contains(p))
            && probabilities.windows(2).all(|pair| pair[0] <= pair[1]);
        if scores.is_empty() || scores.len() != probabilities.len() || !rise || !hold {
            return Err(
                "expected as many rising scores as probabilities from 0 to 1 that never fall".to_owned()
            );
        }
        Ok(Self { scores, probabilities })
    }
}

/// Neighbouring scores with one mean outcome.
struct Block {
    first: f64,
    last: f64,
    count: f64,
    relevant: f64,
}

impl Block {
    fn mean(&self) -> f64 {
        self.relevant / self.count
    }
}

impl Isotonic {
    /// Fits scores and their outcomes, in any order. Equal scores become one point.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::Empty`] and [`Error::NonFinite`] for scores and outcomes that do not
    /// fit or are not finite.
    pub fn fit<S: Copy + Into<f64>>(scores: &[S], relevant: &[bool]) -> Result<Self, Error> {
        let scores = checked_scores(scores, relevant)?;
        let mut pairs: Vec<(f64, bool)> = scores.into_iter().zip(relevant.iter().copied()).collect();
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut blocks: Vec<Block> = Vec::new();
        for equal in pairs.chunk_by(|a, b| a.0 == b.0) {
            let hits = equal.iter().filter(|(_, relevant)| *relevant).count() as f64;
            let score = equal[0].0;
            blocks.push(Block { first: score, last: score, count: equal.len() as f64, relevant: hits });
            pool(&mut blocks);
        }
        let mut fitted = Self { scores: Vec::new(), probabilities: Vec::new() };
        for block in blocks {
            let ends =
                if block.first < block.last { vec![block.first, block.last] } else { vec![block.first] };
            fitted.probabilities.extend(ends.iter().map(|_| block.mean()));
            fitted.scores.extend(ends);
        }
        Ok(fitted)
    }

    /// The probability of relevance at a score.
    pub fn probability(&self, score: f64) -> f64 {
        let above = self.scores.partition_point(|&known| known < score);
        match (above.checked_sub(1), self.scores.get(above)) {
            (None, _) => self.probabilities.first().copied().unwrap_or(0.0),
            (Some(below), None) => self.probabilities[below],
            (Some(below), Some(&high)) => {
                let share = (score - self.scores[below]) / (high - self.scores[below]);
                self.probabilities[below] + share * (self.probabilities[above] - self.probabilities[below])
            }
        }
    }
}

/// Joins the last block with those before it until means rise.
fn pool(blocks: &mut Vec<Block>) {
    while let [.., before, last] = &blocks[..] {
        if before.mean() < last.mean() {
            return;
        }
        let joined = Block {
            first: before.first,
            last: last.last,
            count: before.count + last.count,
            relevant: before.relevant + last.relevant,
        };
        blocks.truncate(blocks.len() - 2);
        blocks.push(joined);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_rising_function_is_not_read() {
        let read = |json: &str| serde_json::from_str::<Isotonic>(json);
        assert!(read(r#"{"scores": [0, 1], "probabilities": [0.5, 0.5]}"#).is_ok());
        for wrong in [
            r#"{"scores": [0, 1], "probabilities": [0.5]}"#,
            r#"{"scores": [], "probabilities": []}"#,
            r#"{"scores": [1, 0], "probabilities": [0.5, 0.6]}"#,
            r#"{"scores": [1, 1], "probabilities": [0.5, 0.6]}"#,
            r#"{"scores": [0, 1], "probabilities": [0.6, 0.5]}"#,
            r#"{"scores": [0, 1], "probabilities": [0.6, 1.5]}"#,
        ] {
            assert!(read(wrong).unwrap_err().to_string().contains("rising scores"), "{wrong}");
        }
    }

    fn square(fitted: impl Fn(f64) -> f64, scores: &[f64], relevant: &[bool]) -> f64 {
        let outcome = |relevant: bool| f64::from(u8::from(relevant));
        scores.iter().zip(relevant).map(|(&score, &r)| (fitted(score) - outcome(r)).powi(2)).sum()
    }

    proptest! {
        #[test]
        fn it_rises_keeps_the_mean_and_is_closest(
            pairs in prop::collection::vec((0_u8..20, any::<bool>()), 1..60), cut in 0_u8..20, low in 0.0_f64..1.0,
        ) {
            let (scores, relevant): (Vec<f64>, Vec<bool>) =
                pairs.iter().map(|&(score, relevant)| (f64::from(score) / 20.0, relevant)).unzip();
            let fitted = Isotonic::fit(&scores, &relevant).unwrap();
            prop_assert!(fitted.scores.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(fitted.probabilities.windows(2).all(|pair| pair[0] <= pair[1]));
            let mean = relevant.iter().filter(|&&r| r).count() as f64 / relevant.len() as f64;
            let predicted = scores.iter().map(|&score| fitted.probability(score)).sum::<f64>() / scores.len() as f64;
            prop_assert!((mean - predicted).abs() < 1e-9);
            // No other rising function is closer, of two levels for one.
            let step = |score: f64| if score < f64::from(cut) / 20.0 { low } else { (low + 0.3).min(1.0) };
            let own = square(|score| fitted.probability(score), &scores, &relevant);
            prop_assert!(own <= square(step, &scores, &relevant) + 1e-9);
        }
    }

    #[test]
    fn between_points_it_is_straight_and_outside_constant() {
        let fitted = Isotonic { scores: vec![1.0, 2.0], probabilities: vec![0.2, 0.6] };
        let found = [0.0, 1.0, 1.5, 2.0, 3.0].map(|score| fitted.probability(score));
        for (found, expected) in found.into_iter().zip([0.2, 0.2, 0.4, 0.6, 0.6]) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn bad_samples_are_refused() {
        assert!(matches!(Isotonic::fit::<f64>(&[], &[]), Err(Error::Empty { .. })));
        assert!(matches!(Isotonic::fit(&[f64::INFINITY], &[true]), Err(Error::NonFinite { .. })));
        assert!(matches!(Isotonic::fit(&[1.0], &[]), Err(Error::LengthMismatch { .. })));
    }
}
