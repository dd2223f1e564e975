//! What a grade is worth.

use serde::{Deserialize, Serialize};

/// The gain of a grade above 0. A grade of 0 or less has no gain.
///
/// ```
/// use ess_train::Gain;
///
/// // Beside a best grade of 3, and up to a factor that is the same for all of a query's items.
/// let share = |gain: Gain| gain.of(1, 3) / gain.of(3, 3);
/// assert_eq!(share(Gain::Linear), 1.0 / 3.0);
/// assert_eq!(share(Gain::Exponential), 1.0 / 7.0);
/// assert_eq!(Gain::Linear.of(-1, 3), 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gain {
    /// The grade itself, as trec_eval's nDCG has it.
    #[default]
    Linear,
    /// `2^grade − 1` (Burges et al. 2005): the best grade outweighs the others.
    Exponential,
}

impl Gain {
    /// The gain of a grade among grades up to `best`, divided by `2^best` where it is exponential, so that no grade
    /// overflows.
    pub fn of(self, grade: i32, best: i32) -> f64 {
        match self {
            _ if grade <= 0 => 0.0,
            Self::Linear => f64::from(grade),
            Self::Exponential => (f64::from(grade) - f64::from(best)).exp2() - (-f64::from(best)).exp2(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_zero_for_what_is_not_relevant_and_never_overflow() {
        for gain in [Gain::Linear, Gain::Exponential] {
            assert_eq!((gain.of(0, 3), gain.of(-2, 3)), (0.0, 0.0));
            assert!(gain.of(i32::MAX, i32::MAX).is_finite() && gain.of(1, i32::MAX) >= 0.0);
        }
        let times_best = |grade| Gain::Exponential.of(grade, 4) * 16.0;
        assert_eq!([1, 2, 3, 4].map(times_best), [1.0, 3.0, 7.0, 15.0]);
        assert_eq!([1, 2, 3, 4].map(|grade| Gain::Linear.of(grade, 4)), [1.0, 2.0, 3.0, 4.0]);
    }
}
