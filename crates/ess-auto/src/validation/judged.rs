//! Candidates of judged queries, and how good weights are on them.

use std::sync::LazyLock;

use ess_core::Hit;
use ess_train::Judgement;
use rayon::prelude::*;

use crate::features::{candidates::Candidates, feature::Feature, weights::Weights};

/// How deep rankings are judged: nDCG@10.
pub(crate) const DEPTH: usize = 10;

/// Of so many relevant candidates the ranks are counted one by one, which is faster than to rank all candidates.
const MAX_COUNTED: usize = 4;

/// The discount of each rank.
static DISCOUNTS: LazyLock<[f64; DEPTH]> =
    LazyLock::new(|| std::array::from_fn(|rank| (rank as f64 + 2.0).log2()));

/// The candidates of `n` queries in one table: for each its features and its grade.
pub(crate) struct Table {
    // Where each query's candidates start, and where the last ends.
    starts: Vec<usize>,
    pub(crate) features: Vec<&'static dyn Feature>,
    columns: Vec<Vec<f32>>,
    gains: Vec<f32>,
    // Of each query, the places of its relevant candidates among its candidates.
    relevant: Vec<Vec<usize>>,
    // The discounted gain of a perfect ranking; above 0.
    ideals: Vec<f64>,
}

impl Table {
    /// Candidates with the judgements of the same queries, each of which has a relevant item.
    pub(crate) fn new(
        features: &[&'static dyn Feature],
        candidates: &[Candidates],
        judgements: &[&[Judgement]],
    ) -> Self {
        let mut table = Self {
            starts: vec![0],
            columns: vec![Vec::new(); features.len()],
            features: features.to_vec(),
            gains: Vec::new(),
            relevant: Vec::new(),
            ideals: judgements.iter().map(|judged| ideal(judged)).collect(),
        };
        for (candidates, judged) in candidates.iter().zip(judgements) {
            let first = table.gains.len();
            table.gains.resize(first + candidates.items.len(), 0.0);
            for judgement in judged.iter().filter(|judgement| judgement.grade > 0) {
                if let Ok(at) = candidates.items.binary_search(&(judgement.item as u32)) {
                    table.gains[first + at] = judgement.grade as f32;
                }
            }
            let relevant = (0..candidates.items.len()).filter(|at| table.gains[first + at] != 0.0);
            table.relevant.push(relevant.collect());
            table.columns.iter_mut().zip(&candidates.columns).for_each(|(all, these)| all.extend(these));
            table.starts.push(table.gains.len());
        }
        table
    }

    /// Whether a feature, by its position, says anything of any candidate.
    pub(crate) fn has(&self, feature: usize) -> bool {
        self.columns[feature].iter().any(|&value| value != 0.0)
    }

    /// The score of every candidate.
    pub(crate) fn scores(&self, weights: &Weights) -> Vec<f32> {
        let mut scores = vec![0.0; self.gains.len()];
        let weights = weights.of(&self.features);
        for (column, weight) in self.columns.iter().zip(weights).filter(|(_, weight)| *weight != 0.0) {
            scores.iter_mut().zip(column).for_each(|(score, value)| *score += weight * value);
        }
        scores
    }

    /// nDCG@10 of each query when `change` times a feature is added to the scores.
    pub(crate) fn ndcg(&self, scores: &[f32], feature: usize, change: f32) -> Vec<f64> {
        let column = &self.columns[feature];
        let one = |row: usize| {
            let range = self.starts[row]..self.starts[row + 1];
            let (scores, column) = (&scores[range.clone()], &column[range.clone()]);
            let (gains, relevant) = (&self.gains[range], &self.relevant[row]);
            let ranked = if relevant.len() <= MAX_COUNTED {
                counted(scores, column, change, gains, relevant)
            } else {
                ranked(scores, column, change, gains)
            };
            discounted(&ranked) / self.ideals[row]
        };
        (0..self.queries()).into_par_iter().with_min_len(16).map(one).collect()
    }

    /// How many queries there are.
    pub(crate) fn queries(&self) -> usize {
        self.ideals.len()
    }
}

/// The gain at each rank, from the rank of each relevant candidate: how many others are before it.
fn counted(scores: &[f32], column: &[f32], change: f32, gains: &[f32], relevant: &[usize]) -> [f32; DEPTH] {
    let mut ranked = [0.0; DEPTH];
    let moved = |(score, value): (&f32, &f32)| score + change * value;
    for &at in relevant {
        let own = moved((&scores[at], &column[at]));
        let earlier = scores[..at].iter().zip(&column[..at]).map(|pair| u32::from(moved(pair) >= own));
        let later = scores[at + 1..].iter().zip(&column[at + 1..]).map(|pair| u32::from(moved(pair) > own));
        let rank = (earlier.sum::<u32>() + later.sum::<u32>()) as usize;
        if rank < DEPTH {
            ranked[rank] = gains[at];
        }
    }
    ranked
}

/// The gain at each rank, by ranking all candidates.
fn ranked(scores: &[f32], column: &[f32], change: f32, gains: &[f32]) -> [f32; DEPTH] {
    let mut best = Best::default();
    for (at, (score, value)) in scores.iter().zip(column).enumerate() {
        best.offer(score + change * value, at);
    }
    let mut ranked = [0.0; DEPTH];
    let first = best.positions[..best.count].iter();
    ranked.iter_mut().zip(first).for_each(|(gain, &at)| *gain = gains[at]);
    ranked
}

fn discounted(gains: &[f32; DEPTH]) -> f64 {
    gains.iter().zip(&*DISCOUNTS).map(|(&gain, discount)| f64::from(gain) / discount).sum()
}

/// nDCG@10 of a ranking of a query that has a relevant item.
pub(crate) fn ndcg(hits: &[Hit], judged: &[Judgement]) -> f64 {
    let grade = |hit: &Hit| judged.iter().find(|judgement| judgement.item == hit.item).map_or(0, |j| j.grade);
    let gains = hits.iter().take(DEPTH).map(|hit| f64::from(grade(hit).max(0)));
    gains.zip(2_u32..).map(|(gain, next_rank)| gain / f64::from(next_rank).log2()).sum::<f64>()
        / ideal(judged)
}

/// As trec_eval has it: the gain is the grade, the discount `log2(rank + 1)`.
fn ideal(judged: &[Judgement]) -> f64 {
    let mut grades: Vec<i32> =
        judged.iter().map(|judgement| judgement.grade).filter(|&grade| grade > 0).collect();
    grades.sort_unstable_by(|a, b| b.cmp(a));
    grades
        .iter()
        .take(DEPTH)
        .zip(2_u32..)
        .map(|(&grade, next_rank)| f64::from(grade) / f64::from(next_rank).log2())
        .sum()
}

/// The best few of many scores; of equal ones the first offered.
#[derive(Default)]
struct Best {
    scores: [f32; DEPTH],
    positions: [usize; DEPTH],
    count: usize,
}

impl Best {
    fn offer(&mut self, score: f32, position: usize) {
        if self.count == DEPTH {
            if score <= self.scores[DEPTH - 1] {
                return;
            }
            self.count -= 1;
        }
        let mut at = self.count;
        while at > 0 && self.scores[at - 1] < score {
            self.scores[at] = self.scores[at - 1];
            self.positions[at] = self.positions[at - 1];
            at -= 1;
        }
        (self.scores[at], self.positions[at]) = (score, position);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use ess_metrics::{Evaluator, RowQrels};
    use proptest::prelude::*;

    use super::*;
    use crate::features::table::find;

    proptest! {
        #[test]
        fn it_measures_as_trec_eval_does(
            // Few distinct scores, so that ties are common; the last grade makes the query relevant.
            scored in prop::collection::vec((-3_i8..3, 0_i32..4), 1..40), missed in 1_i32..4,
        ) {
            let mut candidates = Candidates::new((0..scored.len() as u32).collect(), Vec::new(), 1);
            candidates.columns[0] = scored.iter().map(|&(score, _)| f32::from(score)).collect();
            let mut judged: Vec<Judgement> =
                scored.iter().enumerate().map(|(item, &(_, grade))| Judgement { item, grade }).collect();
            judged.push(Judgement { item: 99, grade: missed });
            let dense = [find("dense").unwrap()];
            let table = Table::new(&dense, std::slice::from_ref(&candidates), &[&judged]);
            let found = table.ndcg(&table.scores(&Weights::frozen()), 0, 0.0);

            let qrels = RowQrels::new([judged.iter().map(|j| (j.item, j.grade))]).unwrap();
            let ranking = candidates.rank(&[1.0], 10);
            let evaluator = Evaluator::from_names(["ndcg@10"]).unwrap();
            let rankings = [ranking.iter().map(|hit| hit.item)];
            let expected = evaluator.evaluate_rows(&qrels, rankings).unwrap().measures()[0].mean;
            prop_assert!((found[0] - expected).abs() < 1e-9);
            prop_assert!((ndcg(&ranking, &judged) - expected).abs() < 1e-9);
        }

        #[test]
        fn ranks_that_are_counted_are_those_of_ranking_all(
            scored in prop::collection::vec((-3_i8..3, -3_i8..3, 0_i8..3), 1..40), change in -2_i8..3,
        ) {
            let numbers = |of: fn(&(i8, i8, i8)) -> i8| scored.iter().map(|all| f32::from(of(all))).collect();
            let [scores, column, gains]: [Vec<f32>; 3] =
                [numbers(|all| all.0), numbers(|all| all.1), numbers(|all| all.2)];
            let relevant: Vec<usize> = (0..gains.len()).filter(|&at| gains[at] > 0.0).collect();
            let change = f32::from(change);
            prop_assert_eq!(
                counted(&scores, &column, change, &gains, &relevant),
                ranked(&scores, &column, change, &gains)
            );
        }
    }
}
