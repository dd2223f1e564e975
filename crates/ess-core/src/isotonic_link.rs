//! A link that is any rising function of the similarity.

use serde::{Deserialize, Serialize};

use crate::{error::Error, link::Link};

/// A link through points, straight between them and constant outside: what isotonic regression fits.
///
/// Where it is level, equal probabilities stand for different similarities: it never turns a ranking round, but rank by
/// similarities.
///
/// ```
/// use ess_core::{IsotonicLink, Link};
///
/// let s = IsotonicLink::new(vec![0.2, 0.6], vec![0.0, 0.8])?;
/// assert!((s.probability(0.4) - 0.4).abs() < 1e-6);
/// assert_eq!((s.probability(-1.0), s.probability(1.0)), (0.0, 0.8));
/// assert!(IsotonicLink::new(vec![0.2, 0.6], vec![0.8, 0.0]).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Points")]
pub struct IsotonicLink {
    similarities: Vec<f32>,
    probabilities: Vec<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    similarities: Vec<f32>,
    probabilities: Vec<f32>,
}

impl IsotonicLink {
    /// A link through these points: similarities that rise, and as many probabilities in `0..=1` that never fall.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their numbers differ, [`Error::Empty`] for none,
    /// [`Error::InvalidParameter`] for points that are not so.
    pub fn new(similarities: Vec<f32>, probabilities: Vec<f32>) -> Result<Self, Error> {
        let (what, expected, found) =
            ("probabilities of an isotonic link", similarities.len(), probabilities.len());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
        if similarities.is_empty() {
            return Err(Error::Empty { what: "points of an isotonic link" });
        }
        let rises = |pair: &[f32]| pair[0] < pair[1];
        check("similarities of an isotonic link", "finite numbers that rise", &similarities, rises, |x| {
            x.is_finite()
        })?;
        let stays = |pair: &[f32]| pair[0] <= pair[1];
        let (name, expected) = ("probabilities of an isotonic link", "numbers from 0 to 1 that never fall");
        check(name, expected, &probabilities, stays, |x| (0.0..=1.0).contains(&x))?;
        Ok(Self { similarities, probabilities })
    }

    /// The points' similarities, rising.
    pub fn similarities(&self) -> &[f32] {
        &self.similarities
    }

    /// The points' probabilities.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }
}

fn check(
    name: &'static str,
    expected: &'static str,
    values: &[f32],
    ordered: impl Fn(&[f32]) -> bool,
    valid: impl Fn(f32) -> bool,
) -> Result<(), Error> {
    let refuse = |found: String| Err(Error::InvalidParameter { name, expected, found });
    if let Some(found) = values.iter().find(|&&value| !valid(value)) {
        return refuse(found.to_string());
    }
    match values.windows(2).find(|pair| !ordered(pair)) {
        Some(pair) => refuse(format!("{} before {}", pair[0], pair[1])),
        None => Ok(()),
    }
}

impl TryFrom<Points> for IsotonicLink {
    type Error = Error;

    fn try_from(points: Points) -> Result<Self, Error> {
        Self::new(points.similarities, points.probabilities)
    }
}

impl Link for IsotonicLink {
    fn probability(&self, similarity: f32) -> f32 {
        let above = self.similarities.partition_point(|&known| known < similarity);
        let Some(below) = above.checked_sub(1) else {
            return self.probabilities[0];
        };
        let Some(&high) = self.similarities.get(above) else {
            return self.probabilities[below];
        };
        // In f64, where the way between any two points is finite.
        let low = f64::from(self.similarities[below]);
        let share = ((f64::from(similarity) - low) / (f64::from(high) - low)) as f32;
        let (from, to) = (self.probabilities[below], self.probabilities[above]);
        (from + share * (to - from)).clamp(from, to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_as_far_apart_as_can_be_give_a_probability() {
        let s = IsotonicLink::new(vec![-3e38, 3e38], vec![0.0, 1.0]).unwrap();
        assert!((s.probability(0.0) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn points_that_are_no_rising_function_are_refused() {
        let link = |similarities: &[f32], probabilities: &[f32]| {
            IsotonicLink::new(similarities.to_vec(), probabilities.to_vec())
        };
        assert!(matches!(link(&[], &[]), Err(Error::Empty { .. })));
        assert!(matches!(
            link(&[0.0, 1.0], &[0.5]),
            Err(Error::LengthMismatch { expected: 2, found: 1, .. })
        ));
        let bad: [(&[f32], &[f32]); 5] = [
            (&[0.0, 0.0], &[0.1, 0.2]),
            (&[1.0, 0.0], &[0.1, 0.2]),
            (&[0.0, f32::NAN], &[0.1, 0.2]),
            (&[0.0, 1.0], &[0.2, 0.1]),
            (&[0.0, 1.0], &[0.2, 1.1]),
        ];
        for (similarities, probabilities) in bad {
            assert!(matches!(link(similarities, probabilities), Err(Error::InvalidParameter { .. })));
        }
    }

    proptest! {
        #[test]
        fn it_never_turns_a_ranking_round(
            steps in prop::collection::vec((0.001_f32..0.3, 0.0_f32..0.1), 1..9), a in -1.0_f32..2.0, b in -1.0_f32..2.0,
        ) {
            let (mut x, mut y) = (0.0, 0.0);
            let (similarities, probabilities) = steps
                .iter()
                .map(|(right, up)| {
                    (x, y) = (x + right, (y + up).min(1.0));
                    (x, y)
                })
                .unzip();
            let link = IsotonicLink::new(similarities, probabilities).unwrap();
            if a < b {
                prop_assert!(link.probability(a) <= link.probability(b));
            }
        }
    }
}
