//! The studentised bootstrap, or bootstrap-t.

use rand::RngExt;
use rayon::prelude::*;

use super::{draws::Draws, tails::ranked_out};

/// The minimum standard error of a draw, as a share of the sample's own.
const MIN_RATIO: f64 = 0.5;

/// The interval of the mean with `rank` draws in each tail.
///
/// A draw of few distinct values may have next to no spread, and then says that the mean may be anywhere. Its standard
/// error is kept away from 0, in the spirit of Polansky, "Stabilizing bootstrap-t confidence intervals for small
/// samples", Canadian Journal of Statistics 28, 2000.
pub(super) fn interval(draws: Draws, values: &[f64], rank: usize) -> [f64; 2] {
    interval_of_chosen(draws, values, &[], rank)
}

/// The same of values that were chosen for their mean out of these and `others`, which are of the same queries. What is
/// chosen tends to lie above its mean. So its lower end is as far away as the largest of all their statistics, on the same
/// drawn queries, goes (Romano and Wolf, "Stepwise multiple testing as formalized data snooping", Econometrica 73, 2005,
/// in a single step).
pub(super) fn interval_of_chosen(draws: Draws, chosen: &[f64], others: &[Vec<f64>], rank: usize) -> [f64; 2] {
    let moments = |values: &[f64]| mean_and_error(values.iter().copied());
    let of_chosen @ [mean, error] = moments(chosen);
    if error == 0.0 {
        return [mean, mean];
    }
    let others: Vec<(&[f64], [f64; 2])> = others.iter().map(|of| (&of[..], moments(of))).collect();
    let statistics = (0..draws.count).into_par_iter().map(|draw| {
        let mut random = draws.generator(draw);
        let rows: Vec<usize> = chosen.iter().map(|_| random.random_range(0..chosen.len())).collect();
        let own = statistic(chosen, of_chosen, &rows);
        let all = others.iter().filter(|(_, [_, error])| *error > 0.0);
        (own, all.map(|(values, moments)| statistic(values, *moments, &rows)).fold(own, f64::max))
    });
    let (own, most): (Vec<f64>, Vec<f64>) = statistics.unzip();
    let (low, high) = (ranked_out(own, rank)[0], ranked_out(most, rank)[1]);
    [mean - high.max(0.0) * error, mean - low.min(0.0) * error]
}

/// How far the mean of the drawn rows is from the mean, in standard errors of the draw.
fn statistic(values: &[f64], [mean, error]: [f64; 2], rows: &[usize]) -> f64 {
    let [drawn, of_draw] = mean_and_error(rows.iter().map(|&row| values[row]));
    (drawn - mean) / of_draw.max(MIN_RATIO * error)
}

/// The mean and its standard error.
fn mean_and_error(values: impl ExactSizeIterator<Item = f64> + Clone) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares = values.map(|value| (value - mean) * (value - mean)).sum::<f64>();
    [mean, (squares / (count - 1.0).max(1.0) / count).sqrt()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws { count: 10_000, seed: 0 };

    #[test]
    fn the_standard_error_has_one_degree_of_freedom_less_than_values() {
        // Variance 5 / 3.
        let [mean, error] = mean_and_error([1.0, 2.0, 3.0, 4.0].into_iter());
        assert!(mean == 2.5 && (error - (5.0_f64 / 12.0).sqrt()).abs() < 1e-15, "{mean} {error}");
        assert_eq!(mean_and_error([3.0].into_iter()), [3.0, 0.0]);
        // The squares of values themselves would have no room for it.
        let far = 2.0_f64.powi(51);
        assert_eq!(mean_and_error([1.0, 2.0, 3.0, 4.0].map(|x| far + x).into_iter()), [far + 2.5, error]);
    }

    #[test]
    fn the_longer_tail_is_the_side_of_the_rare_values() {
        let values: Vec<f64> =
            (0..40).map(|i| if i % 10 == 0 { 1.0 } else { f64::from(i) / 400.0 }).collect();
        let [low, high] = interval(DRAWS, &values, 250);
        let [mean, error] = mean_and_error(values.iter().copied());
        // Student's interval is symmetric; few large values mean that the true mean is rather above than below.
        assert!(high - mean > 1.2 * 2.02 * error && mean - low < 2.02 * error, "{low} {mean} {high}");
        let [other_low, other_high] =
            interval(DRAWS, &values.iter().map(|x| 1.0 - x).collect::<Vec<_>>(), 250);
        assert!((1.0 - other_low - high).abs() < 1e-9 && (1.0 - other_high - low).abs() < 1e-9);
    }

    #[test]
    fn a_choice_of_a_system_or_its_mirror_is_a_two_sided_test() {
        // The larger of t and −t is as extreme as t alone in half as many draws, where t is symmetric.
        let values: Vec<f64> = (-20..=20).map(|i| f64::from(i) / 40.0).collect();
        let mirrored: Vec<f64> = values.iter().map(|x| -x).collect();
        let of = |others: &[Vec<f64>], rank| interval_of_chosen(DRAWS, &values, others, rank);
        let (one, half, both) = (of(&[], 1000), of(&[], 500), of(&[mirrored, vec![0.5; 41]], 1000));
        assert!((both[0] - half[0]).abs() < 0.003, "{both:?}, not {half:?}");
        assert!(both[0] < one[0] - 0.01 && both[1] == one[1], "{both:?}, and {one:?}");
    }

    #[test]
    fn values_without_spread_have_an_interval_without_width_and_nearly_such_a_finite_one() {
        assert_eq!(interval(DRAWS, &[0.5; 9], 250), [0.5, 0.5]);
        // A third of the draws leaves the one other value out and has no spread at all.
        let one_other: Vec<f64> = (0..9).map(|i| f64::from(u8::from(i == 0))).collect();
        let [low, high] = interval(DRAWS, &one_other, 250);
        assert!(low < 0.0 && high > 0.3 && high.is_finite(), "{low} {high}");
    }
}
