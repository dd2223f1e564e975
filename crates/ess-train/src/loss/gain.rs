//! What a grade is worth.

use serde::{Deserialize, Serialize};

/// What a grade above 0 is worth beside other grades; a grade of 0 or less is worth nothing.
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
