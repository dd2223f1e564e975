//! What rare losses that no query has shown may cost: Gaffke's test of the mean of values that are bounded below.

use super::differences::check_values;
use crate::error::Error;

/// What losses that no query has shown leave of the gain of the best of several systems, by Gaffke's test of a bounded mean.
///
/// Where `n` queries gain `g` each and none loses, losses of `l` that are just frequent enough to cancel the gain are missed with a
/// probability of `(1 + g / l)^-n`. [`ChoiceTest`](super::ChoiceTest) asks the same with the range of the measure for `l`; where
/// it is known how much a query has to lose, a smaller `l` finds smaller gains.
///
/// ```
/// use ess_metrics::UnseenLosses;
///
/// // 40 queries gain .05 each; were there losses of .95 that make up for it, 40 queries would miss them in 13 of 100 cases.
/// let unseen = UnseenLosses::new(&[0.05; 40], 0.95, 1)?;
/// assert!((unseen.p() - 0.13).abs() < 0.01 && unseen.lower_end(0.025) < 0.0);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct UnseenLosses {
    /// Of the queries that differ.
    differences: Vec<f64>,
    /// Their share of all queries.
    share: f64,
    systems: f64,
    largest: f64,
}

impl UnseenLosses {
    /// `differences` are those of the best of `systems` systems from the baseline, query by query, and `largest` is what a query
    /// can lose, or what one of these has lost where that is more.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NonFinite`] for no differences or for a NaN or an infinity among them, and
    /// [`Error::InvalidParameter`] for a `largest` below 0 or not finite.
    pub fn new(differences: &[f64], largest: f64, systems: usize) -> Result<Self, Error> {
        check_values("differences of queries", differences)?;
        if !(largest.is_finite() && largest >= 0.0) {
            return Err(Error::InvalidParameter {
                name: "largest loss of a query",
                expected: "a number of 0 or more",
                found: largest.to_string(),
            });
        }
        let seen = differences.iter().fold(0.0_f64, |most, difference| most.max(-difference));
        Ok(Self::of(differences, systems, largest.max(seen)))
    }

    /// No difference lies below `-largest`.
    pub(super) fn of(chosen: &[f64], systems: usize, largest: f64) -> Self {
        let differences: Vec<f64> = chosen.iter().copied().filter(|&x| x != 0.0).collect();
        let share = differences.len() as f64 / chosen.len() as f64;
        Self { differences, share, systems: systems.max(1) as f64, largest }
    }

    /// The one-sided p-value of no gain, times the number of systems.
    pub fn p(&self) -> f64 {
        (self.systems * p(&self.differences, self.largest)).min(1.0)
    }

    /// The lower end of the interval of the mean difference, with a tail of this probability for all systems together.
    pub fn lower_end(&self, tail: f64) -> f64 {
        if self.differences.is_empty() {
            return 0.0;
        }
        self.share * lower_end(&self.differences, self.largest, tail / self.systems)
    }
}

/// The one-sided p-value of a mean that is at most 0, for values of which none can lie below `-largest_loss`.
///
/// One more value, the largest loss, joins the observed ones. The p-value is how often a mean of them all with random
/// weights, uniform on the simplex, is not above 0 (Gaffke, "Three test statistics for a nonparametric one-sided hypothesis
/// on the mean of a nonnegative variable", Mathematical Methods of Statistics 14, 2005). Where all values are the same gain
/// `g` it is `(1 + g / largest_loss)^-n`, the probability that `n` values show none of the losses that are just frequent
/// enough to make the mean 0. Of equal gains and largest losses it is the exact binomial test; that it errs no more often than it
/// says whatever the distribution is a conjecture that simulations support.
///
/// With exponential weights the sum has the cumulants of a sum of exponential variables. So the share is found by the
/// saddlepoint approximation of Lugannani and Rice ("Saddle point approximation for the distribution of the sum of
/// independent random variables", Advances in Applied Probability 12, 1980), which is up to 5 % above the exact one.
fn p(values: &[f64], largest_loss: f64) -> f64 {
    if largest_loss <= 0.0 {
        return if values.iter().any(|&value| value > 0.0) { 0.0 } else { 1.0 };
    }
    if values.iter().sum::<f64>() <= largest_loss {
        // The weighted mean is below 0 about as often as above, or more often.
        return 1.0;
    }
    let saddle = saddle(values, largest_loss);
    let terms = || values.iter().copied().chain([-largest_loss]);
    let cumulant: f64 = -terms().map(|value| (saddle * value).ln_1p()).sum::<f64>();
    let curvature: f64 = terms().map(|value| (value / (1.0 + saddle * value)).powi(2)).sum();
    let (root, scaled) = ((-2.0 * cumulant).max(0.0).sqrt(), saddle * curvature.sqrt());
    if root < 1e-3 {
        return 1.0;
    }
    let density = (-0.5 * root * root).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let tail = 0.5 * libm::erfc(root / std::f64::consts::SQRT_2);
    (tail + density * (1.0 / scaled - 1.0 / root)).clamp(0.0, 1.0)
}

/// The lower end of the interval of the mean whose upper end is open: the largest mean of which the p-value is at most `level`.
fn lower_end(values: &[f64], largest_loss: f64, level: f64) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let holds = |at: f64| {
        let shifted: Vec<f64> = values.iter().map(|value| value - at).collect();
        p(&shifted, largest_loss + at) <= level
    };
    let (mut low, mut high) = (-largest_loss, mean);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

/// Where the derivative of the cumulants is 0: between 0 and `1 / largest_loss`.
fn saddle(values: &[f64], largest_loss: f64) -> f64 {
    let slope = |at: f64| {
        values.iter().map(|value| value / (1.0 + at * value)).sum::<f64>()
            - largest_loss / (1.0 - at * largest_loss)
    };
    let (mut low, mut high) = (0.0, 1.0 / largest_loss);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_without_a_loss_say_how_likely_losses_are_to_be_missed() {
        for (count, gain, loss) in
            [(8, 1.0, 1.0), (20, 0.3, 1.0), (50, 0.2, 0.8), (100, 0.1, 0.9), (300, 0.05, 0.95)]
        {
            let missed = (1.0_f64 + gain / loss).powi(-count);
            let found = p(&vec![gain; count as usize], loss);
            assert!(
                found >= 0.999 * missed && found < 1.06 * missed,
                "{count} of {gain}: {found}, not {missed}"
            );
        }
    }

    #[test]
    fn agrees_with_random_weights() {
        // 34 values: the share of 4 000 000 draws of exponential weights of which the sum is at most 0.
        let values = [vec![0.3; 20], vec![-0.5; 4], vec![0.05; 10]].concat();
        let found = p(&values, 1.0);
        assert!((found - 0.0424).abs() < 0.002, "{found}");
    }

    #[test]
    fn what_cannot_lose_is_better_and_what_does_not_gain_is_not() {
        assert_eq!((p(&[0.1; 8], 0.0), p(&[0.0; 8], 0.0)), (0.0, 1.0));
        assert_eq!((p(&[-0.1; 8], 1.0), p(&[0.1, -0.1], 1.0), p(&[0.1; 8], 1.0)), (1.0, 1.0, 1.0));
    }

    #[test]
    fn a_gain_that_a_missed_loss_just_cancels_shows_nothing() {
        // Of exponential weights, the mean of n is below one more with a probability of (1 + 1/n)^-n, at least 1/e.
        for count in 1..=10 {
            for exponent in 3..=15 {
                let mut gains = vec![1.0 / f64::from(count); count as usize];
                gains[0] += 10.0_f64.powi(-exponent);
                let found = p(&gains, 1.0);
                assert!((0.367..=1.0).contains(&found), "{count}, 1e-{exponent}: {found}");
            }
        }
    }

    #[test]
    fn the_end_is_the_mean_whose_losses_would_just_be_missed() {
        // Of a mean m between -1 and 0.5, losses of 1 are frequent as (0.5 - m) / 1.5; missed by 30: ((m + 1) / 1.5)^30.
        let expected = 1.5 * 0.005_f64.powf(1.0 / 30.0) - 1.0;
        let found = lower_end(&[0.5; 30], 1.0, 0.005);
        assert!((found - expected).abs() < 0.003 && found <= expected, "{found}, not {expected}");
        // Whether the mean is above 0 or below.
        for (loss, gain) in [(-0.2, 0.3), (-0.5, 0.1)] {
            let mixed: Vec<f64> = (0..60).map(|i| if i % 5 == 0 { loss } else { gain }).collect();
            let end = lower_end(&mixed, 1.0, 0.01);
            let shifted: Vec<f64> = mixed.iter().map(|value| value - end).collect();
            assert!((p(&shifted, 1.0 + end) - 0.01).abs() < 1e-6, "{end}");
        }
    }

    #[test]
    fn no_difference_shows_nothing_and_what_was_lost_can_be_lost() {
        let none = UnseenLosses::new(&[0.0; 9], 1.0, 3).unwrap();
        assert_eq!((none.p(), none.lower_end(0.025)), (1.0, 0.0));
        let lost: Vec<f64> = (0..60).map(|i| if i == 0 { -0.9 } else { 0.2 }).collect();
        let of = |largest| UnseenLosses::new(&lost, largest, 1).unwrap();
        assert_eq!(of(0.1), of(0.9));
        assert!(of(0.9).p() < of(1.0).p() && of(0.9).lower_end(0.025) > of(1.0).lower_end(0.025));
    }

    #[test]
    fn each_of_several_systems_had_the_chance_to_show_no_loss() {
        let of = |systems| UnseenLosses::new(&[0.1; 60], 0.5, systems).unwrap();
        assert!((of(8).p() - 8.0 * of(1).p()).abs() < 1e-15);
        assert_eq!((of(0), of(8).lower_end(0.04)), (of(1), of(1).lower_end(0.005)));
    }

    #[test]
    fn refuses_what_is_no_difference_and_no_loss() {
        let refused = |differences: &[f64], largest| UnseenLosses::new(differences, largest, 1).unwrap_err();
        assert!(matches!(refused(&[], 1.0), Error::Empty { .. }));
        assert!(matches!(refused(&[0.1, f64::NAN], 1.0), Error::NonFinite { position: 1, .. }));
        for largest in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(refused(&[0.1], largest), Error::InvalidParameter { .. }), "{largest}");
        }
    }
}
