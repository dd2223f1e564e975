//! From grades to gains.

use std::fmt;

use crate::error::Error;

/// How a grade becomes a gain.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Gain {
    /// The grade itself, as in trec_eval. The default.
    #[default]
    Linear,
    /// `2^grade − 1`: Burges et al., "Learning to rank using gradient descent", ICML 2005, §6.
    Exponential,
    /// Gains given for some grades; a grade without one gains itself.
    Given(Gains),
}

/// Gains given for up to eight grades, as in trec_eval's `-m ndcg.1=3,2=9`.
///
/// ```
/// use ess_metrics::Gains;
///
/// let gains = Gains::new(&[(1, 3.0), (2, 9.5)])?;
/// assert_eq!((gains.of(1), gains.of(2), gains.of(3)), (3.0, 9.5, 3.0));
/// assert_eq!(gains.to_string(), "1=3,2=9.5");
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gains {
    given: [(i32, f64); MAX_GRADES],
    len: usize,
}

const MAX_GRADES: usize = 8;

const MOST_GAIN: f64 = 1e100;

impl Gains {
    /// Gains for some grades, each from 0 on and none twice. A gain may be 0 or below.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for no grade or more than eight, for one below 0 or one that stands twice;
    /// [`Error::NonFinite`] for a gain that is NaN or an infinity.
    pub fn new(gains: &[(i32, f64)]) -> Result<Self, Error> {
        let invalid =
            |expected, found: String| Err(Error::InvalidParameter { name: "gains", expected, found });
        if gains.is_empty() || gains.len() > MAX_GRADES {
            return invalid("between one and eight grades", gains.len().to_string());
        }
        let mut given = [(0, 0.0); MAX_GRADES];
        for (at, &(grade, gain)) in gains.iter().enumerate() {
            if grade < 0 || given[..at].iter().any(|&(other, _)| other == grade) {
                return invalid("different grades from 0 on", grade.to_string());
            }
            if !gain.is_finite() {
                let what = format!("gain of grade {grade}");
                return Err(Error::NonFinite { what, position: at, value: gain });
            }
            if gain.abs() > MOST_GAIN {
                return invalid("gains from -1e100 to 1e100, whose sums are finite", format!("{gain:e}"));
            }
            given[at] = (grade, gain);
        }
        given[..gains.len()].sort_unstable_by_key(|&(grade, _)| grade);
        Ok(Self { given, len: gains.len() })
    }

    /// Whether no grade loses anything.
    pub(super) fn are_never_below_zero(&self) -> bool {
        self.given[..self.len].iter().all(|&(_, gain)| gain >= 0.0)
    }

    /// The gain of a grade; 0 for a grade below 0, which marks an item as unjudged.
    pub fn of(&self, grade: i32) -> f64 {
        let given = self.given[..self.len].iter().find(|&&(given, _)| given == grade);
        given.map_or(f64::from(grade.max(0)), |&(_, gain)| gain)
    }
}

/// `1=3,2=9.5`, in order of the grades.
impl fmt::Display for Gains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.given[..self.len]
            .iter()
            .enumerate()
            .try_for_each(|(at, (grade, gain))| write!(f, "{}{grade}={gain}", if at == 0 { "" } else { "," }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_that_mean_nothing_are_refused() {
        let nine: Vec<_> = (0..9).map(|grade| (grade, 1.0)).collect();
        for gains in [&[][..], &nine, &[(-1, 1.0)], &[(1, 1.0), (1, 2.0)]] {
            assert!(matches!(Gains::new(gains), Err(Error::InvalidParameter { .. })), "{gains:?}");
        }
        assert!(matches!(Gains::new(&[(1, f64::NAN)]), Err(Error::NonFinite { .. })));
        for gain in [1e101, -f64::MAX] {
            assert!(matches!(Gains::new(&[(1, gain)]), Err(Error::InvalidParameter { .. })), "{gain}");
        }
        let eight = Gains::new(&nine[..8]).unwrap();
        assert_eq!((eight.of(7), eight.of(8), eight.of(-3)), (1.0, 8.0, 0.0));
        assert_eq!(Gains::new(&[(2, 1.0), (1, 2.0)]), Gains::new(&[(1, 2.0), (2, 1.0)]));
    }
}
