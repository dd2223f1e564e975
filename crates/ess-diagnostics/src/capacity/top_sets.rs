//! Which sets of items some query of the space ranks above all others.

use ess_core::Embeddings;
use ndarray::{Array2, ArrayView1, Axis, aview1};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    nearest_point::{Nearest, NearestPoint},
    top_sets_report::{TopSet, TopSetsReport},
};
use crate::error::Error;

/// Looks which sets of items can be the first hits of a query at all, whatever the query is: what no searching module can do over
/// these item embeddings, however it is trained.
///
/// A query ranks a set above all other items if and only if its hyperplane parts them, which one can if and only if the convex
/// hulls of the set and of the others are apart. The nearest points of the two are sought (Wolfe 1976); each answer is backed by a
/// query that parts them, or by points of the two hulls that nearly coincide. Weller, Boratko, Naim and Lee, "On the theoretical
/// limitations of embedding-based retrieval", 2025, is where the question comes from.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::{TopSets, combinations};
///
/// // Five items on a circle: of all pairs, neighbours alone can be the first two hits.
/// let angle = |i: u8| f32::from(i) * std::f32::consts::TAU / 5.0;
/// let items: Vec<_> = (0..5).map(|i| [angle(i).cos(), angle(i).sin()]).collect();
/// let report = TopSets::default().judge(&Embeddings::from_rows(&items)?, &combinations(5, 2)?)?;
/// assert_eq!((report.realised, report.impossible, report.undecided), (5, 5, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopSets {
    /// By how much a query of unit norm must rank the last of the set above the first of the others, in units of the root mean square
    /// distance of items from their mean. A set that can be ranked by less counts as impossible. Default: 1e-6, which is about what
    /// `f32` resolves.
    pub margin: f64,
    /// The maximum number of steps of the search for one set, each an inner product with every item. A set that is not decided by
    /// then is counted as undecided. Default: 1000.
    pub steps: usize,
}

impl Default for TopSets {
    fn default() -> Self {
        Self { margin: 1e-6, steps: 1000 }
    }
}

impl TopSets {
    /// Judges sets of items, each by its rows in the embeddings (`n × d`). The same result in any number of threads.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a margin that is not above 0 or no steps; [`Error::TooFew`] without a set, for a set without items
    /// and for one of all items; [`Error::UnknownItem`] for a row beyond the embeddings, with the number of the set as the query;
    /// [`Error::NoVariance`] when all items are the same.
    pub fn judge(&self, items: &Embeddings, sets: &[Vec<usize>]) -> Result<TopSetsReport, Error> {
        self.check(items, sets)?;
        let mut rows = items.view().mapv(f64::from);
        let mean = rows.sum_axis(Axis(0)) / rows.nrows() as f64;
        rows -= &mean;
        let spread = (rows.iter().map(|x| x * x).sum::<f64>() / rows.nrows() as f64).sqrt();
        if spread <= 0.0 {
            return Err(Error::NoVariance { what: "items", figure: "the margin of a set" });
        }
        rows /= spread;
        let sets: Vec<TopSet> = sets.par_iter().map(|set| self.judge_one(&rows, set)).collect();
        let count = |wanted: fn(&TopSet) -> bool| sets.iter().filter(|set| wanted(set)).count();
        Ok(TopSetsReport {
            realised: count(|set| matches!(set, TopSet::Realised(_))),
            impossible: count(|set| matches!(set, TopSet::Impossible)),
            undecided: count(|set| matches!(set, TopSet::Undecided)),
            sets,
        })
    }

    fn check(&self, items: &Embeddings, sets: &[Vec<usize>]) -> Result<(), Error> {
        let refuse = |name, expected, found| Err(Error::Parameter { name, expected, found });
        if !(self.margin > 0.0 && self.margin.is_finite()) {
            return refuse("the margin of a set", "above 0 and finite", self.margin.to_string());
        }
        if self.steps == 0 {
            return refuse("the number of steps", "at least 1", "0".to_owned());
        }
        Error::check_count("sets of items", 1, sets.len())?;
        for (query, set) in sets.iter().enumerate() {
            if let Some(&item) = set.iter().find(|&&item| item >= items.len()) {
                return Err(Error::UnknownItem { query, item, items: items.len() });
            }
            Error::check_count("items of a set", 1, set.len())?;
            let mut different = set.clone();
            different.sort_unstable();
            different.dedup();
            Error::check_count("items beside a set", 1, items.len() - different.len())?;
        }
        Ok(())
    }

    /// Parts a set from the others: their difference is a polytope, which has the origin where the hulls meet.
    fn judge_one(&self, items: &Array2<f64>, set: &[usize]) -> TopSet {
        let mut inside = vec![false; items.nrows()];
        set.iter().for_each(|&item| inside[item] = true);
        let lowest = |direction: &[f64]| {
            let scores = items.dot(&aview1(direction));
            let [(last, low), (first, high)] = ends(scores.view(), &inside);
            let vertex = &items.row(last) - &items.row(first);
            (vertex.to_vec(), low - high)
        };
        let mean = set.iter().fold(vec![0.0; items.ncols()], |mut sum, &item| {
            sum.iter_mut().zip(items.row(item)).for_each(|(sum, x)| *sum += x);
            sum
        });
        let (first, _) = lowest(&mean);
        match NearestPoint::search(first, self.margin, self.steps, lowest) {
            Nearest::Apart(by) => TopSet::Realised(by),
            Nearest::Reached => TopSet::Impossible,
            Nearest::Unknown => TopSet::Undecided,
        }
    }
}

/// The lowest score inside, and the highest outside, each with its item.
fn ends(scores: ArrayView1<'_, f64>, inside: &[bool]) -> [(usize, f64); 2] {
    let (mut last, mut first) = ((0, f64::INFINITY), (0, f64::NEG_INFINITY));
    for (item, (&score, &inside)) in scores.iter().zip(inside).enumerate() {
        if inside && score < last.1 {
            last = (item, score);
        } else if !inside && score > first.1 {
            first = (item, score);
        }
    }
    [last, first]
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::capacity::combinations::combinations;

    fn judge(items: &[[f32; 2]], sets: &[Vec<usize>]) -> Vec<TopSet> {
        TopSets::default().judge(&Embeddings::from_rows(items).unwrap(), sets).unwrap().sets
    }

    #[test]
    fn on_a_circle_runs_of_neighbours_alone_are_first_hits() {
        let angle = |i: usize| i as f32 * std::f32::consts::TAU / 9.0;
        let items: Vec<[f32; 2]> = (0..9).map(|i| [angle(i).cos(), angle(i).sin()]).collect();
        for top in 1..=4 {
            let sets = combinations(9, top).unwrap();
            for (set, judged) in sets.iter().zip(judge(&items, &sets)) {
                // A run of neighbours has one gap to the next item that is not the next number.
                let gaps = set.iter().filter(|&&item| !set.contains(&((item + 1) % 9))).count();
                let expected = if gaps == 1 { "Realised" } else { "Impossible" };
                assert!(format!("{judged:?}").starts_with(expected), "{set:?}: {judged:?}");
            }
        }
    }

    /// Four items of which none is between two others, and one inside a triangle: worked out with a ruler.
    #[test]
    fn a_middle_item_is_never_first_and_a_diagonal_never_parts() {
        let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let found = judge(&square, &[vec![0, 2], vec![0, 1], vec![3]]);
        assert!(matches!(found[..], [TopSet::Impossible, TopSet::Realised(_), TopSet::Realised(_)]));
        let inside = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [1.0, 1.0]];
        let found = judge(&inside, &combinations(4, 2).unwrap());
        assert!(found.iter().all(|set| matches!(set, TopSet::Realised(_))), "{found:?}");
        assert_eq!(judge(&inside, &[vec![3]]), [TopSet::Impossible]);
        // Two items that are the same cannot be told apart.
        assert_eq!(judge(&[[0.0, 1.0], [2.0, 0.0], [2.0, 0.0]], &[vec![1]]), [TopSet::Impossible]);
    }

    /// By hand: a gap of 3 on a line, and a spread of `√((1 + 1 + 4) / 3)`.
    #[test]
    fn the_margin_is_the_gap_in_units_of_the_spread() {
        let found = judge(&[[-1.0, 0.0], [-1.0, 0.0], [2.0, 0.0]], &[vec![2]]);
        let TopSet::Realised(margin) = found[0] else { panic!("{found:?}") };
        assert!((margin - 3.0 / 2_f64.sqrt()).abs() < 1e-6, "{margin}");
    }

    /// Points of the moment curve in four dimensions: every pair is an edge of their hull (Gale 1963), so no pair is impossible.
    #[test]
    fn a_cyclic_polytope_in_four_dimensions_realises_every_pair() {
        let items: Vec<[f32; 4]> =
            (0..9).map(|i| (i as f32 - 4.0) / 4.0).map(|t| [t, t.powi(2), t.powi(3), t.powi(4)]).collect();
        let sets = combinations(9, 2).unwrap();
        let report = TopSets::default().judge(&Embeddings::from_rows(&items).unwrap(), &sets).unwrap();
        assert_eq!((report.realised, report.share()), (36, [1.0, 1.0]), "{report:?}");
        let flat: Vec<[f32; 3]> = items.iter().map(|item| [item[0], item[1], item[2]]).collect();
        let report = TopSets::default().judge(&Embeddings::from_rows(&flat).unwrap(), &sets).unwrap();
        assert!(report.impossible > 0 && report.undecided == 0, "{report:?}");
    }

    #[test]
    fn random_sets_of_few_items_in_many_dimensions_are_realised_and_of_many_in_few_are_not() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut random = |count: usize, dim: usize| {
            Embeddings::from_vec((0..count * dim).map(|_| rng.random::<f32>() - 0.5).collect(), dim).unwrap()
        };
        let sets: Vec<Vec<usize>> = (0..40).map(|at| (0..5).map(|i| 5 * at + i).collect()).collect();
        let wide = TopSets::default().judge(&random(300, 64), &sets).unwrap();
        assert_eq!(wide.realised, 40, "{wide:?}");
        let narrow = TopSets::default().judge(&random(300, 4), &sets).unwrap();
        assert!(narrow.impossible >= 38 && narrow.undecided == 0, "{narrow:?}");
    }

    #[test]
    fn few_steps_leave_sets_undecided_and_bad_sets_are_refused() {
        let items = Embeddings::from_rows(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).unwrap();
        let one = TopSets { steps: 1, ..TopSets::default() };
        assert_eq!(one.judge(&items, &[vec![0, 2]]).unwrap().share(), [0.0, 1.0]);
        let judge = |sets: &[Vec<usize>]| TopSets::default().judge(&items, sets);
        assert!(matches!(judge(&[]), Err(Error::TooFew { .. })));
        assert!(matches!(judge(&[vec![]]), Err(Error::TooFew { .. })));
        assert!(matches!(judge(&[vec![3, 2, 1, 0, 0]]), Err(Error::TooFew { found: 0, .. })));
        assert!(matches!(
            judge(&[vec![0], vec![4]]),
            Err(Error::UnknownItem { query: 1, item: 4, items: 4 })
        ));
        let margin = TopSets { margin: f64::NAN, ..TopSets::default() };
        assert!(matches!(margin.judge(&items, &[vec![0]]), Err(Error::Parameter { .. })));
        let same = Embeddings::from_rows(&[[1.0, 2.0]; 3]).unwrap();
        assert!(matches!(TopSets::default().judge(&same, &[vec![0]]), Err(Error::NoVariance { .. })));
    }
}
