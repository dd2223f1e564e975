//! Normalised discounted cumulative gain.

use std::fmt;

use crate::{Cutoff, JudgedRanking, Measure};

/// How a grade becomes a gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Gain {
    /// The grade itself, as in trec_eval. The default.
    #[default]
    Linear,
    /// `2^grade − 1`: Burges et al., "Learning to rank using gradient descent", ICML 2005, §6.
    Exponential,
}

/// nDCG: the discounted gain of a ranking divided by that of the perfect ranking.
///
/// `DCG@k = Σ gain(r) / log2(r + 1)` over the relevant items at ranks `r ≤ k`; the perfect ranking has all
/// relevant items of the qrels in falling order of grade, and is cut at `k` too. Grades of 0 and below gain
/// nothing. Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4),
/// 2002, with the discount of trec_eval's `ndcg_cut` (`ndcg` without a cutoff).
///
/// ```
/// use ess_metrics::{Cutoff, Gain, JudgedRanking, Measure, Ndcg};
///
/// let ndcg = Ndcg { gain: Gain::Linear, cutoff: Cutoff::at(10)? };
/// assert_eq!(ndcg.to_string(), "ndcg@10");
/// assert_eq!(ndcg.value(&JudgedRanking::new(&[Some(2), Some(1)], &[])), 1.0);
/// let swapped = ndcg.value(&JudgedRanking::new(&[Some(1), Some(2)], &[]));
/// assert!((swapped - (1.0 + 2.0 / 3_f64.log2()) / (2.0 + 1.0 / 3_f64.log2())).abs() < 1e-12);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ndcg {
    /// How grades become gains.
    pub gain: Gain,
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Ndcg {
    /// The gain of a grade, up to a factor that depends on the highest grade alone and that the quotient
    /// cancels.
    fn gain(&self, grade: i32, highest: i32) -> f64 {
        let (grade, highest) = (f64::from(grade), f64::from(highest));
        match self.gain {
            Gain::Linear => grade,
            // (2^grade − 1) / 2^highest, which huge grades cannot make infinite.
            Gain::Exponential => (grade - highest).exp2() - (-highest).exp2(),
        }
    }
}

impl Measure for Ndcg {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let ideal = ranking.ideal_within(self.cutoff);
        let Some(&highest) = ideal.first() else {
            return 0.0;
        };
        let discounted = |(rank, grade)| self.gain(grade, highest) / (rank as f64 + 1.0).log2();
        let found = ranking.relevant_within(self.cutoff).map(|hit| (hit.rank, hit.grade));
        let dcg: f64 = found.map(discounted).sum();
        let ideal_dcg: f64 = (1..).zip(ideal.iter().copied()).map(discounted).sum();
        // Rounding alone could lead above 1.
        (dcg / ideal_dcg).min(1.0)
    }
}

impl fmt::Display for Ndcg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.gain {
            Gain::Linear => "ndcg",
            Gain::Exponential => "ndcg_exp",
        };
        write!(f, "{name}{}", self.cutoff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_grades_stay_finite() {
        for gain in [Gain::Linear, Gain::Exponential] {
            let ndcg = Ndcg { gain, cutoff: Cutoff::NONE };
            let best = JudgedRanking::new(&[Some(i32::MAX), Some(1)], &[]);
            assert_eq!(ndcg.value(&best), 1.0);
            let worse = ndcg.value(&JudgedRanking::new(&[Some(i32::MIN), Some(1), Some(i32::MAX)], &[]));
            assert!((worse - 0.5).abs() < 1e-6, "{worse}");
        }
    }
}
