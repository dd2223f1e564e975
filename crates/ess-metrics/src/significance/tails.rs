//! The tails of a two-sided interval.

use crate::error::Error;

/// Refuses a confidence that is not between 0 and 1.
pub(super) fn check_confidence(confidence: f64) -> Result<(), Error> {
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
pub(super) fn tail_rank(draws: usize, confidence: f64) -> Result<usize, Error> {
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

/// The smallest sample for which a one-sided sign test can reach the level of one tail, `(1 − confidence) / 2`: 6 at 95 %,
/// 8 at 99 %.
pub(super) fn smallest_sample(confidence: f64) -> usize {
    ((2.0 / (1.0 - confidence)).log2() - 1e-9).ceil() as usize
}

/// The `rank`-th smallest and the `rank`-th largest value.
pub(super) fn ranked_out(mut values: Vec<f64>, rank: usize) -> [f64; 2] {
    values.sort_unstable_by(f64::total_cmp);
    [values[rank - 1], values[values.len() - rank]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confidence_lies_between_its_limits() {
        let refused = |confidence| match check_confidence(confidence) {
            Err(Error::InvalidParameter { name, .. }) => name == "confidence of an interval",
            _ => false,
        };
        assert_eq!([0.0, 1e-9, 0.5, 1.0 - 1e-9, 1.0].map(refused), [true, false, false, false, true]);
        assert!(refused(f64::NAN));
    }

    #[test]
    fn levels_that_are_powers_of_two_need_as_many_values_as_their_exponent() {
        // Both tails of 1/2, 3/4 and 7/8 are 1/4, 1/8 and 1/16: 2, 3 and 4 coins that fall the same way.
        assert_eq!([0.5, 0.75, 0.875, 0.95, 0.99].map(smallest_sample), [2, 3, 4, 6, 8]);
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
