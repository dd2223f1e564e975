//! How sure a mean, or a difference between two systems, is.

mod bootstrap;
mod choice;
mod comparison;
mod holm;
mod randomization;
mod studentised;
mod subset_means;
mod unseen_losses;

pub use bootstrap::Bootstrap;
pub use choice::{ChoiceEvidence, ChoiceTest};
pub use comparison::{Comparison, Family, Significance, compare, is_significant};
pub use holm::holm;
pub use randomization::RandomizationTest;

use crate::error::Error;

/// The largest number of resamples or permutations that a setting may ask for.
const MAX_REPEATS: usize = 10_000_000;

/// Up to so many values, all signs or subsets of them are tried: 65 536.
const EXACT: usize = 16;

fn check_repeats(name: &'static str, repeats: usize) -> Result<(), Error> {
    if (1..=MAX_REPEATS).contains(&repeats) {
        return Ok(());
    }
    Err(Error::InvalidParameter { name, expected: "between 1 and 10 million", found: repeats.to_string() })
}

fn check_confidence(confidence: f64) -> Result<(), Error> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(Error::InvalidParameter {
        name: "confidence of an interval",
        expected: "a number above 0 and below 1",
        found: confidence.to_string(),
    })
}

/// How many of `draws`, the observed one counted with them, lie in one tail of a two-sided interval: at least 1.
fn tail_rank(draws: usize, confidence: f64) -> Result<usize, Error> {
    // What is whole but for rounding is whole.
    let rank = ((draws + 1) as f64 * (1.0 - confidence) / 2.0 + 1e-9).floor() as usize;
    if rank > 0 {
        return Ok(rank);
    }
    Err(Error::InvalidParameter {
        name: "resamples",
        expected: "at least 2 / (1 - confidence) - 1, so that one lies in each tail",
        found: format!("{draws} at a confidence of {confidence}"),
    })
}

/// The fewest values of which all rise by chance, each one with even odds, no more often than one tail of a two-sided
/// interval leaves open: 6 at 95 %, 8 at 99 %.
fn fewest(confidence: f64) -> usize {
    ((2.0 / (1.0 - confidence)).log2() - 1e-9).ceil() as usize
}

/// The `rank`-th smallest and the `rank`-th largest value.
fn ranked_out(mut values: Vec<f64>, rank: usize) -> [f64; 2] {
    values.sort_unstable_by(f64::total_cmp);
    [values[rank - 1], values[values.len() - rank]]
}

fn check_values(what: &'static str, values: &[f64]) -> Result<(), Error> {
    if values.is_empty() {
        return Err(Error::Empty { what });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::NonFinite { what: what.to_owned(), position, value: values[position] }),
        None => Ok(()),
    }
}

/// `system − baseline`, query by query.
fn differences(baseline: &[f64], system: &[f64]) -> Result<Vec<f64>, Error> {
    if baseline.len() != system.len() {
        return Err(Error::LengthMismatch {
            what: "values of a system, one for each of the baseline's",
            expected: baseline.len(),
            found: system.len(),
        });
    }
    let differences: Vec<f64> =
        baseline.iter().zip(system).map(|(baseline, system)| system - baseline).collect();
    check_values("differences between two systems", &differences)?;
    Ok(differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_are_powers_of_two_need_as_many_values_as_their_exponent() {
        // Both tails of 1/2, 3/4 and 7/8 are 1/4, 1/8 and 1/16: 2, 3 and 4 coins that fall the same way.
        assert_eq!([0.5, 0.75, 0.875, 0.95, 0.99].map(fewest), [2, 3, 4, 6, 8]);
    }

    #[test]
    fn ranks_in_a_tail_count_the_observed_draw() {
        let rank = |draws, confidence| tail_rank(draws, confidence).ok();
        assert_eq!([rank(38, 0.95), rank(39, 0.95), rank(79, 0.95)], [None, Some(1), Some(2)]);
        assert_eq!([rank(198, 0.99), rank(199, 0.99), rank(10_000, 0.95)], [None, Some(1), Some(250)]);
    }

    #[test]
    fn ranks_count_from_both_ends() {
        assert_eq!(ranked_out(vec![4.0, 1.0, 3.0, 2.0, 5.0], 2), [2.0, 4.0]);
    }
}
