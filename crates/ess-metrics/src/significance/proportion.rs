//! How sure a share of successes is.

use crate::error::Error;

use super::tails::check_confidence;

/// Halvings of the interval from 0 to 1: as far as `f64` goes.
const HALVINGS: usize = 60;

/// The exact interval of the probability of success, low and high, after so many successes in so many independent trials:
/// Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934. It covers
/// at least what it says for any number of trials.
///
/// ```
/// let [low, high] = ess_metrics::proportion_interval(0, 10, 0.95)?;
/// // No success in ten: up to 1 − 0.025^(1/10).
/// assert!(low == 0.0 && (high - 0.3085).abs() < 1e-4);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidParameter`] without a trial, for more successes than trials, and for a confidence outside its range.
pub fn proportion_interval(successes: u64, trials: u64, confidence: f64) -> Result<[f64; 2], Error> {
    check_confidence(confidence)?;
    if trials == 0 || successes > trials {
        return Err(Error::InvalidParameter {
            name: "successes and trials of a proportion",
            expected: "at least one trial, and no more successes than trials",
            found: format!("{successes} successes in {trials} trials"),
        });
    }
    let tail = (1.0 - confidence) / 2.0;
    let [low, high] = [successes, trials - successes].map(|successes| lower_end(successes, trials, tail));
    Ok([low, 1.0 - high])
}

/// The probability at which as many successes or more have the probability `tail`.
fn lower_end(successes: u64, trials: u64, tail: f64) -> f64 {
    if successes == 0 {
        return 0.0;
    }
    let [mut low, mut high] = [0.0, 1.0];
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        match at_least(successes, trials, middle) < tail {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}

/// The probability of so many successes or more, where one has the probability `p`, between 0 and 1.
fn at_least(successes: u64, trials: u64, p: f64) -> f64 {
    let mut choices = 0.0;
    let mut sum = 0.0;
    for count in 0..=trials {
        if count > 0 {
            choices += ((trials - count + 1) as f64 / count as f64).ln();
        }
        if count >= successes {
            sum += (choices + count as f64 * p.ln() + (trials - count) as f64 * (-p).ln_1p()).exp();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_the_roots_of_binomial_sums() {
        // Bisection over sums of math.comb in Python; the first two are also what R's binom.test prints.
        let cases = [
            (3, 10, [0.066_739_51, 0.652_452_9]),
            (10, 10, [0.691_502_9, 1.0]),
            (1, 200, [0.000_126_581, 0.027_541_90]),
        ];
        for (successes, trials, expected) in cases {
            let found = proportion_interval(successes, trials, 0.95).unwrap();
            let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6);
            assert!(near, "{successes} of {trials}: {found:?}, not {expected:?}");
        }
    }

    #[test]
    fn what_is_no_proportion_is_refused() {
        for (successes, trials, confidence) in [(0, 0, 0.95), (3, 2, 0.95), (1, 2, 1.5), (1, 2, f64::NAN)] {
            assert!(matches!(
                proportion_interval(successes, trials, confidence),
                Err(Error::InvalidParameter { .. })
            ));
        }
    }
}
