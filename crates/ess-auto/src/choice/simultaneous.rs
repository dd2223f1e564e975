//! How large the largest of many gains may be by chance.

use ndarray::{Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// How often signs are drawn. One less than a round number: what was observed is one more draw.
const DRAWS: usize = 3999;

/// Draws that are made together.
const TOGETHER: usize = 125;

/// The value that the largest t statistic of several candidates exceeds by chance in a share of `level` at most, when none
/// of them differs from the baseline. The signs of each query's differences are drawn at random, for all candidates
/// together, which leaves what the candidates have in common as it is (Westfall and Young, "Resampling-Based Multiple
/// Testing", 1993, §2). Infinite for a level that so few draws cannot tell.
///
/// `differences` has those of the same queries for each candidate.
pub(crate) fn critical_t(differences: &[impl AsRef<[f64]>], level: f64, seed: u64) -> f64 {
    let (candidates, queries) = (differences.len(), differences.first().map_or(0, |of| of.as_ref().len()));
    let allowed = (level * (DRAWS + 1) as f64).floor() as usize;
    if allowed == 0 || candidates == 0 || queries < 2 {
        return f64::INFINITY;
    }
    let differences =
        Array2::from_shape_fn((queries, candidates), |(query, at)| differences[at].as_ref()[query]);
    let squares: Vec<f64> = differences.axis_iter(Axis(1)).map(|all| all.dot(&all)).collect();
    let starts: Vec<usize> = (0..DRAWS).step_by(TOGETHER).collect();
    let draws = starts.into_par_iter().flat_map_iter(|first| {
        let signs = signs(DRAWS.min(first + TOGETHER) - first, queries, seed, first);
        let sums = signs.dot(&differences);
        let t = |sums: ndarray::ArrayView1<'_, f64>| -> f64 {
            let t = sums.iter().zip(&squares).map(|(&sum, &squares)| t_of(sum, squares, queries));
            t.fold(f64::NEG_INFINITY, f64::max)
        };
        sums.axis_iter(Axis(0)).map(t).collect::<Vec<f64>>()
    });
    let mut draws: Vec<f64> = draws.collect();
    draws.sort_unstable_by(|a, b| b.total_cmp(a));
    draws[allowed - 1]
}

/// Student's t of differences with this sum and this sum of squares.
fn t_of(sum: f64, squares: f64, queries: usize) -> f64 {
    let n = queries as f64;
    let variance = (squares - sum * sum / n).max(f64::EPSILON * squares) / (n - 1.0);
    if squares > 0.0 { sum / (n * variance).sqrt() } else { 0.0 }
}

/// A row of 1 and −1 for each draw.
fn signs(draws: usize, queries: usize, seed: u64, first: usize) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(first as u64);
    let mut bits = 0_u64;
    Array2::from_shape_fn((draws, queries), |(_, query)| {
        let bit = query % u64::BITS as usize;
        if bit == 0 {
            bits = random.random();
        }
        if bits >> bit & 1 == 1 { 1.0 } else { -1.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(random: &mut ChaCha8Rng) -> f64 {
        (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
    }

    #[test]
    fn one_candidate_has_the_quantile_of_student() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let differences: Vec<f64> = (0..200).map(|_| noise(&mut random)).collect();
        let critical = critical_t(&[differences], 0.025, 0);
        // 1.972 of 199 degrees of freedom.
        assert!((critical - 1.972).abs() < 0.1, "{critical}");
    }

    #[test]
    fn copies_cost_nothing_and_candidates_of_their_own_cost_as_bonferroni_has_it() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut differences: Vec<Vec<f64>> =
            (0..32).map(|_| (0..200).map(|_| noise(&mut random)).collect()).collect();
        let one = critical_t(&differences[..1], 0.025, 0);
        // .025 / 32 = .00078: 3.21 of 199 degrees of freedom.
        let many = critical_t(&differences, 0.025, 0);
        assert!((many - 3.21).abs() < 0.15, "{many}");
        differences.truncate(1);
        let copies = vec![differences[0].clone(); 32];
        assert!((critical_t(&copies, 0.025, 0) - one).abs() < 1e-9);
    }

    #[test]
    fn few_queries_that_differ_show_nothing() {
        let differing = |count: usize| -> f64 {
            let differences: Vec<f64> = (0..100).map(|query| if query < count { 0.2 } else { 0.0 }).collect();
            let sum: f64 = differences.iter().sum();
            t_of(sum, differences.iter().map(|d| d * d).sum(), 100) - critical_t(&[differences], 0.025, 0)
        };
        // All of five have one sign in 1 of 32 draws, and of six in 1 of 64.
        assert!(differing(5) < 1e-9 && differing(6) > 0.1);
        assert!(critical_t(&[vec![1.0; 30]], 1e-6, 0).is_infinite());
    }
}
