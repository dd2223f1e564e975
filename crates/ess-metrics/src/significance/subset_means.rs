//! Means of random subsets, which are typical values of the mean.

use rand::Rng;
use rayon::prelude::*;

use super::{
    draws::{Draws, MAX_EXHAUSTIVE},
    tails::{ranked_out, tail_rank},
};

/// The interval of the mean: all values that the one-sided randomisation test, in both directions, does not refuse.
///
/// Turning the signs of a subset of `values − m` lowers their sum, or leaves it, just where the subset's mean is at least
/// `m`. With at most 16 values all subsets are looked at. There must be so many values that the tails hold a subset.
pub(super) fn interval(draws: Draws, values: &[f64], confidence: f64) -> [f64; 2] {
    let means: Vec<f64> = if values.len() <= MAX_EXHAUSTIVE {
        (1..1_u64 << values.len()).map(|subset| mean(values, || subset)).collect()
    } else {
        let mean_of = |draw: usize| {
            let mut random = draws.second_generator(draw);
            mean(values, || random.next_u64())
        };
        (0..draws.count).into_par_iter().map(mean_of).collect()
    };
    // Such that an empty subset, of which there is one among all, counts on both sides.
    let rank = tail_rank(means.len(), confidence).unwrap_or(1);
    ranked_out(means, rank)
}

/// The mean of the values whose bits are set, asked for 64 at a time; of all where none is.
fn mean(values: &[f64], mut bits: impl FnMut() -> u64) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for block in values.chunks(u64::BITS as usize) {
        let bits = bits();
        for (i, value) in block.iter().enumerate() {
            if bits >> i & 1 == 1 {
                sum += value;
                count += 1;
            }
        }
    }
    if count == 0 { values.iter().sum::<f64>() / values.len() as f64 } else { sum / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::super::randomization::RandomizationTest;
    use super::*;

    const DRAWS: Draws = Draws { count: 10_000, seed: 0 };

    #[test]
    fn a_subset_of_none_stands_for_all() {
        assert_eq!([0, 0b1, 0b110].map(|subset| mean(&[1.0, 3.0, 5.0], || subset)), [3.0, 1.0, 4.0]);
    }

    #[test]
    fn ends_are_where_the_randomisation_test_turns() {
        let values = [0.31, -0.12, 0.57, 0.22, 0.05, 0.44, 0.13, -0.2, 0.61, 0.38];
        let [low, high] = interval(DRAWS, &values, 0.95);
        let p = |at: f64| {
            let shifted: Vec<f64> = values.iter().map(|value| value - at).collect();
            RandomizationTest::default().p_value(&[0.0; 10], &shifted).unwrap()
        };
        for (end, outwards) in [(low, -1e-6), (high, 1e-6)] {
            assert!(p(end + outwards) <= 0.05 && p(end - outwards) > 0.05, "{end}");
        }
    }

    #[test]
    fn sampling_agrees_with_all_subsets() {
        let values: Vec<f64> = (0..16).map(|i| f64::from(i * i) / 256.0).collect();
        let exact = interval(DRAWS, &values, 0.95);
        // One value more, at the mean, takes the other path and moves little.
        let mean = values.iter().sum::<f64>() / 16.0;
        let more: Vec<f64> = values.iter().copied().chain([mean]).collect();
        let sampled = interval(Draws { count: 100_000, seed: 3 }, &more, 0.95);
        assert!(exact.iter().zip(sampled).all(|(a, b)| (a - b).abs() < 0.02), "{exact:?} {sampled:?}");
        // Of six values at 95 % the ends are the smallest and the largest.
        assert_eq!(interval(DRAWS, &[3.0, 1.0, 2.0, 6.0, 5.0, 4.0], 0.95), [1.0, 6.0]);
    }
}
