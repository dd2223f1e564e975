//! Interpolated precision.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::error::Error;
use crate::judged_ranking::JudgedRanking;

/// Interpolated precision at a level of recall: the highest precision at any rank where so large a share of the relevant items
/// has been found; 0 where the ranking never finds it.
///
/// The points of the recall–precision curve, usually at the 11 levels 0, 0.1, … 1. The share of `R` relevant items is rounded to
/// the nearest whole number, as in trec_eval 10, whose `iprec_at_recall` it is. (Versions before 10 add 0.9 and cut.) Manning,
/// Raghavan and Schütze, "Introduction to information retrieval", 2008, §8.4.
///
/// ```
/// use ess_metrics::{InterpolatedPrecision, JudgedRanking, Measure};
///
/// let ranking = JudgedRanking::new(&[None, Some(1), Some(1), None], &[1, 1]);
/// let at = |recall| Ok::<_, ess_metrics::Error>(InterpolatedPrecision::at(recall)?.value(&ranking));
/// assert_eq!((at(0.25)?, at(0.5)?, at(1.0)?), (2.0 / 3.0, 2.0 / 3.0, 0.0));
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InterpolatedPrecision {
    recall: f64,
}

impl InterpolatedPrecision {
    /// At a level of recall.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a level that is not between 0 and 1.
    pub fn at(recall: f64) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&recall) {
            // Adding zero makes -0.0 the 0.0 that it is read as.
            return Ok(Self { recall: recall + 0.0 });
        }
        Err(Error::InvalidParameter {
            name: "recall of an interpolated precision",
            expected: "a number from 0 to 1",
            found: recall.to_string(),
        })
    }

    /// The level of recall.
    pub fn recall(&self) -> f64 {
        self.recall
    }
}

impl Measure for InterpolatedPrecision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let needed = (self.recall * ranking.relevant() as f64).round() as usize;
        let precisions = (1..).zip(ranking.relevant_within(Cutoff::NONE));
        let enough = precisions.filter(|&(found, _)| found >= needed);
        enough.map(|(found, hit)| found as f64 / hit.rank as f64).fold(0.0, f64::max)
    }
}

impl fmt::Display for InterpolatedPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "iprec@{}", self.recall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_no_share_is_refused() {
        for recall in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(InterpolatedPrecision::at(recall), Err(Error::InvalidParameter { .. })),
                "{recall}"
            );
        }
    }

    #[test]
    fn minus_zero_is_the_level_zero() {
        assert_eq!(InterpolatedPrecision::at(-0.0).unwrap().to_string(), "iprec@0");
    }

    #[test]
    fn shares_are_rounded_to_the_nearest_count() {
        // Of five relevant items the second is found, and with it the highest precision; the third is not.
        let ranking = JudgedRanking::new(&[None, Some(1), Some(1)], &[1, 1, 1]);
        let at = |recall| InterpolatedPrecision::at(recall).unwrap().value(&ranking);
        assert_eq!([0.0, 0.29, 0.3, 0.49].map(at), [2.0 / 3.0; 4]);
        assert_eq!([0.5, 0.51, 1.0].map(at), [0.0; 3]);
    }
}
