//! Expected reciprocal rank.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::error::Error;
use crate::judged_ranking::JudgedRanking;

/// ERR: the mean of `1 / r` over the ranks `r` at which a user who reads from the top may stop, satisfied.
///
/// An item of grade `g` satisfies with probability `(2^g − 1) / 2^m`, `m` the highest grade of the scale; whoever it does not
/// satisfy reads on: `Σ_r 1/r · R_r · Π_{i<r} (1 − R_i)`. Chapelle et al., "Expected reciprocal rank for graded relevance",
/// CIKM 2009, Eq. 4 and Algorithm 2. Grades of 0 and below satisfy nobody, and those above `m` count as `m`.
///
/// ```
/// use ess_metrics::{Cutoff, ExpectedReciprocalRank, JudgedRanking, Measure};
///
/// // Satisfied by the first item with probability 1/4, by the third with 3/4.
/// let err = ExpectedReciprocalRank::with_highest_grade(2, Cutoff::at(20)?)?;
/// let ranking = JudgedRanking::new(&[Some(1), None, Some(2)], &[]);
/// assert_eq!(err.value(&ranking), 0.25 + 0.75 * 0.75 / 3.0);
/// assert_eq!(err.to_string(), "err(max=2)@20");
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExpectedReciprocalRank {
    highest: i32,
    cutoff: Cutoff,
}

/// The highest grade of TREC's web tracks, whose `gdeval` made ERR known.
const HIGHEST_OF_WEB_TRACKS: i32 = 4;
/// Beyond it the probability of the highest grade is 1 in double precision, and that of the lowest 0.
const MAX_SCALE: i32 = 1000;

impl ExpectedReciprocalRank {
    /// ERR on the scale of TREC's web tracks, whose highest grade is 4.
    pub fn new(cutoff: Cutoff) -> Self {
        Self { highest: HIGHEST_OF_WEB_TRACKS, cutoff }
    }

    /// ERR on a scale with this highest grade: 1 where judgements say relevant or not.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a grade that is not between 1 and 1000.
    pub fn with_highest_grade(highest: i32, cutoff: Cutoff) -> Result<Self, Error> {
        if (1..=MAX_SCALE).contains(&highest) {
            return Ok(Self { highest, cutoff });
        }
        Err(Error::InvalidParameter {
            name: "highest grade of ERR",
            expected: "between 1 and 1000",
            found: highest.to_string(),
        })
    }

    /// The probability that an item of this grade satisfies.
    fn satisfies(&self, grade: i32) -> f64 {
        let (grade, highest) = (f64::from(grade.clamp(0, self.highest)), f64::from(self.highest));
        (grade - highest).exp2() - (-highest).exp2()
    }
}

impl Measure for ExpectedReciprocalRank {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let (mut reads_on, mut value) = (1.0, 0.0);
        for hit in ranking.judged_within(self.cutoff) {
            let satisfies = self.satisfies(hit.grade);
            value += reads_on * satisfies / hit.rank as f64;
            reads_on *= 1.0 - satisfies;
        }
        value
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for ExpectedReciprocalRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.highest {
            HIGHEST_OF_WEB_TRACKS => write!(f, "err{}", self.cutoff),
            highest => write!(f, "err(max={highest}){}", self.cutoff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn err(ranking: &[Option<i32>], cutoff: Cutoff) -> f64 {
        ExpectedReciprocalRank::new(cutoff).value(&JudgedRanking::new(ranking, &[]))
    }

    /// By hand, from Eq. 4 with `2^4 = 16`: 3/16, then 13/16 · 15/16 / 2, then 13/16 · 1/16 · 1/16 / 4.
    #[test]
    fn agrees_with_the_definition() {
        let ranking = [Some(2), Some(4), Some(0), Some(1), None];
        let expected = [3.0 / 16.0, 13.0 / 16.0 * 15.0 / 16.0 / 2.0, 13.0 / 16.0 / 16.0 / 16.0 / 4.0];
        assert!((err(&ranking, Cutoff::NONE) - expected.iter().sum::<f64>()).abs() < 1e-15);
        assert!((err(&ranking, Cutoff::at(3).unwrap()) - (expected[0] + expected[1])).abs() < 1e-15);
        assert!((err(&ranking, Cutoff::at(1).unwrap()) - expected[0]).abs() < 1e-15);
    }

    #[test]
    fn grades_outside_the_scale_count_as_its_ends() {
        assert_eq!(err(&[Some(i32::MAX)], Cutoff::NONE), err(&[Some(4)], Cutoff::NONE));
        assert_eq!(err(&[Some(i32::MIN), Some(-1), Some(0), None], Cutoff::NONE), 0.0);
        let one = ExpectedReciprocalRank::with_highest_grade(1, Cutoff::NONE).unwrap();
        assert_eq!(one.value(&JudgedRanking::new(&[None, Some(3)], &[])), 0.25);
        for wrong in [0, -1, 1001] {
            let found = ExpectedReciprocalRank::with_highest_grade(wrong, Cutoff::NONE);
            assert!(matches!(found, Err(Error::InvalidParameter { .. })));
        }
        assert!(ExpectedReciprocalRank::with_highest_grade(1000, Cutoff::NONE).is_ok());
    }
}
