//! Rank-biased precision.

use std::fmt;

use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::error::Error;
use crate::judged_ranking::JudgedRanking;

/// Rank-biased precision: the rate at which a user finds relevant items who looks at the next one with probability `p`.
///
/// `(1 − p) Σ p^(r − 1)` over the ranks `r` of relevant items. Moffat and Zobel, "Rank-biased precision for measurement of
/// retrieval effectiveness", ACM TOIS 27(1), 2008, Eq. 3, who take `p` of 0.5, 0.8 and 0.95 for impatient to patient users.
///
/// ```
/// use ess_metrics::{Cutoff, JudgedRanking, Measure, RankBiasedPrecision};
///
/// let rbp = RankBiasedPrecision::new(0.5, Cutoff::NONE)?;
/// assert_eq!(rbp.value(&JudgedRanking::new(&[Some(1), None, Some(1)], &[])), 0.5 * (1.0 + 0.25));
/// assert_eq!(rbp.to_string(), "rbp(p=0.5)");
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankBiasedPrecision {
    persistence: f64,
    cutoff: Cutoff,
}

impl RankBiasedPrecision {
    /// With the probability of looking at the next item.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a probability that is not above 0 and below 1.
    pub fn new(persistence: f64, cutoff: Cutoff) -> Result<Self, Error> {
        if persistence > 0.0 && persistence < 1.0 {
            return Ok(Self { persistence, cutoff });
        }
        Err(Error::InvalidParameter {
            name: "p of rank-biased precision",
            expected: "a number above 0 and below 1",
            found: persistence.to_string(),
        })
    }
}

impl Measure for RankBiasedPrecision {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let seen = |rank: usize| self.persistence.powf((rank - 1) as f64);
        let relevant = ranking.relevant_within(self.cutoff);
        (1.0 - self.persistence) * relevant.map(|hit| seen(hit.rank)).sum::<f64>()
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for RankBiasedPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rbp(p={}){}", self.persistence, self.cutoff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, from Eq. 3: relevant at ranks 1, 2 and 4.
    #[test]
    fn agrees_with_the_definition() {
        let ranking = JudgedRanking::new(&[Some(1), Some(2), Some(0), Some(1), None], &[1]);
        let rbp = |p, cutoff| RankBiasedPrecision::new(p, cutoff).unwrap().value(&ranking);
        assert!((rbp(0.8, Cutoff::NONE) - 0.2 * (1.0 + 0.8 + 0.512)).abs() < 1e-15);
        assert!((rbp(0.8, Cutoff::at(3).unwrap()) - 0.2 * 1.8).abs() < 1e-15);
        assert!((rbp(0.5, Cutoff::NONE) - 0.5 * (1.0 + 0.5 + 0.125)).abs() < 1e-15);
        // All relevant, and many of them: as good as 1, never above.
        let all = JudgedRanking::new(&[Some(1); 2000], &[]);
        let value = RankBiasedPrecision::new(0.95, Cutoff::NONE).unwrap().value(&all);
        assert!((value - 1.0).abs() < 1e-12, "{value}");
    }

    #[test]
    fn no_probability_is_refused() {
        for p in [0.0, 1.0, -0.5, 2.0, f64::NAN] {
            let found = RankBiasedPrecision::new(p, Cutoff::NONE);
            assert!(matches!(found, Err(Error::InvalidParameter { .. })), "{p}");
        }
    }
}
