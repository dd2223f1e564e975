//! Normalised discounted cumulative gain.

use std::fmt;

use super::gain::Gain;
use super::measure::Measure;
use crate::cutoff::Cutoff;
use crate::judged_ranking::JudgedRanking;

/// nDCG: the discounted gain of a ranking divided by that of the perfect ranking.
///
/// `DCG@k = Σ gain(r) / log2(r + 1)` over the judged items at ranks `r ≤ k`; the perfect ranking has all
/// relevant items of the qrels in falling order of gain, and is cut at `k` too. Grades of 0 and below gain
/// nothing, unless 0 is given a gain. Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4),
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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ndcg {
    /// How grades become gains.
    pub gain: Gain,
    /// How far down the ranking it looks.
    pub cutoff: Cutoff,
}

impl Ndcg {
    /// The gain of a grade from 0 on, up to a factor that depends on the highest grade alone and that the quotient
    /// cancels.
    fn gain(&self, grade: i32, highest: i32) -> f64 {
        match self.gain {
            Gain::Linear => f64::from(grade),
            // (2^grade − 1) / 2^highest, which huge grades cannot make infinite.
            Gain::Exponential => {
                let (grade, highest) = (f64::from(grade), f64::from(highest));
                (grade - highest).exp2() - (-highest).exp2()
            }
            Gain::Given(gains) => gains.of(grade),
        }
    }

    /// The gains of the perfect ranking, highest first, as far as they are above 0.
    fn ideal(&self, ranking: &JudgedRanking, highest: i32) -> Vec<f64> {
        let grades = ranking.grades().iter().take_while(|&&grade| grade >= 0);
        let mut gains: Vec<f64> = grades.map(|&grade| self.gain(grade, highest)).collect();
        if matches!(self.gain, Gain::Given(_)) {
            gains.sort_unstable_by(|a, b| b.total_cmp(a));
        }
        gains.truncate(self.cutoff.depth().min(gains.partition_point(|&gain| gain > 0.0)));
        gains
    }
}

impl Measure for Ndcg {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let highest = ranking.grades().first().copied().unwrap_or(0);
        let discounted = |(rank, gain): (usize, f64)| gain / (rank as f64 + 1.0).log2();
        let found = ranking.judged_within(self.cutoff).iter().filter(|hit| hit.grade >= 0);
        let dcg: f64 = found.map(|hit| discounted((hit.rank, self.gain(hit.grade, highest)))).sum();
        let ideal = self.ideal(ranking, highest);
        if ideal.is_empty() {
            return 0.0;
        }
        let ideal_dcg: f64 = (1..).zip(ideal).map(discounted).sum();
        // Rounding alone could lead above 1.
        (dcg / ideal_dcg).min(1.0)
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl fmt::Display for Ndcg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gain {
            Gain::Linear => write!(f, "ndcg{}", self.cutoff),
            Gain::Exponential => write!(f, "ndcg_exp{}", self.cutoff),
            Gain::Given(gains) => write!(f, "ndcg({gains}){}", self.cutoff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gain::Gains;
    use super::*;

    /// By hand: found 9.5 at rank 1, 0.5 (grade 0) at 2 and −1 at 4; ideal 9.5, 3, 0.5.
    #[test]
    fn given_gains_are_sorted_by_gain_and_may_be_below_zero() {
        let gain = Gain::Given(Gains::new(&[(0, 0.5), (1, 9.5), (2, -1.0)]).unwrap());
        let ranking = JudgedRanking::new(&[Some(1), Some(0), None, Some(2), Some(-1)], &[3]);
        let log2 = |x: f64| x.log2();
        let value = |cutoff| Ndcg { gain, cutoff }.value(&ranking);
        let found = 9.5 + 0.5 / log2(3.0);
        let ideal = 9.5 + 3.0 / log2(3.0);
        let all = (found - 1.0 / log2(5.0)) / (ideal + 0.5 / 2.0);
        assert!((value(Cutoff::NONE) - all).abs() < 1e-15);
        assert!((value(Cutoff::at(2).unwrap()) - found / ideal).abs() < 1e-15);
        let none = Ndcg { gain: Gain::Given(Gains::new(&[(1, 0.0)]).unwrap()), cutoff: Cutoff::NONE };
        assert_eq!(none.value(&JudgedRanking::new(&[Some(1)], &[])), 0.0);
    }

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
