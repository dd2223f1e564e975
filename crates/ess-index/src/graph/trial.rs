//! Trial queries on the items of a graph, and what is the best for each.

use ess_core::{Hit, TopK};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::points::{PointQuery, Points};
use super::survey::{MAX_HITS, refined};
use crate::gaussian::gaussian;
use crate::kernels::codes::Codes;
use crate::rows::Rows;

/// The number of trial queries of each kind.
const QUERIES: usize = 96;

/// The number of kinds of trial queries.
pub(super) const KINDS: usize = 3;

/// The number of items in a sum that is far from all items.
const ITEMS_IN_SUM: usize = 4;

/// Queries that are compared with all items at once.
const QUERIES_TOGETHER: usize = 8;

/// Items that are compared with several queries while a cache holds them.
const ITEMS_TOGETHER: usize = 256;

/// The recall that defaults are to reach on the queries tried; other queries may be harder.
pub(super) const RECALL: f64 = 0.97;

/// A trial query.
pub(super) struct Tried {
    pub(super) query: Vec<f32>,
    /// The row that the query is, which does not count.
    pub(super) left_out: Option<u32>,
    /// The best items for it.
    pub(super) best: Vec<Hit>,
}

/// Queries of one kind or several, [`QUERIES`] of each, and what is the best for each.
pub(super) struct Trial {
    tried: Vec<Tried>,
}

impl Trial {
    /// The three kinds by which defaults are chosen: items that are left out, items moved by half their length in the direction
    /// in which two others differ, and sums of several items.
    pub(super) fn new(rows: &Rows, codes: &Codes, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn = || random.random_range(0..rows.len());
        let mut queries: Vec<(Vec<f32>, Option<u32>)> = Vec::with_capacity(KINDS * QUERIES);
        for _ in 0..QUERIES {
            let row = drawn();
            queries.push((unit(rows.row(row)).collect(), Some(row as u32)));
        }
        for _ in 0..QUERIES {
            let [a, b, c] = std::array::from_fn(|_| rows.row(drawn()));
            let difference: Vec<f32> = b.iter().zip(c).map(|(b, c)| b - c).collect();
            let moved = unit(a).zip(unit(&difference)).map(|(a, difference)| a + difference / 2.0);
            queries.push((moved.collect(), None));
        }
        for _ in 0..QUERIES {
            let mut sum = vec![0.0; rows.dim()];
            for _ in 0..ITEMS_IN_SUM {
                let row = rows.row(drawn());
                sum.iter_mut().zip(unit(row)).for_each(|(sum, x): (&mut f32, f32)| *sum += x);
            }
            queries.push((sum, None));
        }
        Self::of(queries, rows, codes)
    }

    /// Random directions, which owe nothing to the items. Each comes with its opposite: of the two one leans to where the items
    /// are and one away, so that the mean of a few is closer to that of all.
    pub(super) fn out_of_distribution(rows: &Rows, codes: &Codes, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // Not the numbers that other trial queries are drawn by.
        random.set_stream(1);
        let mut queries = Vec::with_capacity(QUERIES);
        for _ in 0..QUERIES / 2 {
            let direction: Vec<f32> = unit(&gaussian(&mut random, rows.dim())).collect();
            let opposite = direction.iter().map(|x| -x).collect();
            queries.extend([(direction, None), (opposite, None)]);
        }
        Self::of(queries, rows, codes)
    }

    /// Queries, each with the row that it is, if it is one.
    fn of(queries: Vec<(Vec<f32>, Option<u32>)>, rows: &Rows, codes: &Codes) -> Self {
        let vectors: Vec<&[f32]> = queries.iter().map(|(query, _)| query.as_slice()).collect();
        let found = scan(&Points::new(rows, codes, true), &vectors);
        let tried = queries.into_iter().zip(found).map(|((query, left_out), found)| {
            let best = best(rows, &query, left_out, &found, MAX_HITS);
            Tried { query, left_out, best }
        });
        Self { tried: tried.collect() }
    }

    /// The mean share of the `k` best that is found, over the queries of one kind: the lowest of the first `kinds` kinds. Items
    /// that tie with the best count. `found` gives the hits of a query and its index.
    pub(super) fn recall(
        &self,
        k: usize,
        kinds: usize,
        found: impl Fn(&Tried, usize) -> Vec<Hit> + Sync,
    ) -> f64 {
        let k = k.min(self.tried.iter().map(|tried| tried.best.len()).min().unwrap_or(0)).max(1);
        let good = |query: usize, tried: &Tried| {
            let least = tried.best.get(k - 1).map_or(f32::NEG_INFINITY, |hit| hit.similarity);
            let others =
                found(tried, query).into_iter().filter(|hit| Some(hit.item as u32) != tried.left_out);
            others.filter(|hit| hit.similarity >= least).take(k).count()
        };
        let good: Vec<usize> = self.tried[..kinds * QUERIES]
            .par_iter()
            .enumerate()
            .map(|(query, tried)| good(query, tried))
            .collect();
        let share = |kind: &[usize]| kind.iter().sum::<usize>() as f64 / (k * kind.len()) as f64;
        good.chunks(QUERIES).map(share).fold(1.0, f64::min)
    }

    /// Whether comparing all int8 codes, and the best of them again exactly, would find enough.
    pub(super) fn int8_suffices(&self, rows: &Rows, codes: &Codes) -> bool {
        let vectors: Vec<&[f32]> = self.tried.iter().map(|tried| tried.query.as_slice()).collect();
        let found = scan(&Points::new(rows, codes, false), &vectors);
        [1, 10, MAX_HITS].iter().all(|&k| {
            let hits = |tried: &Tried, query: usize| {
                // One more, as one may be left out.
                let among = &found[query][..found[query].len().min(refined(k) + 1)];
                best(rows, &tried.query, tried.left_out, among, k)
            };
            self.recall(k, KINDS, hits) >= RECALL
        })
    }
}

/// For each vector the rows that are the best by what is compared, best first.
fn scan(points: &Points<'_>, vectors: &[&[f32]]) -> Vec<Vec<usize>> {
    let all: Vec<u32> = (0..points.len() as u32).collect();
    let groups = vectors.par_chunks(QUERIES_TOGETHER).map(|vectors| {
        let prepared = vectors.iter().map(|vector| {
            let mut query = PointQuery::default();
            points.vector_as_query(vector, &mut query);
            (query, TopK::new(refined(MAX_HITS) + 1))
        });
        let mut prepared: Vec<(PointQuery, TopK)> = prepared.collect();
        let mut similarities = Vec::with_capacity(ITEMS_TOGETHER);
        for rows in all.chunks(ITEMS_TOGETHER) {
            for (query, top) in &mut prepared {
                similarities.clear();
                points.similarities(query, rows, &mut similarities);
                top.extend_from_similarities(rows[0] as usize, &similarities);
            }
        }
        let rows = |top: TopK| top.into_sorted().iter().map(|hit| hit.item).collect();
        prepared.into_iter().map(|(_, top)| rows(top)).collect::<Vec<Vec<usize>>>()
    });
    groups.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// The `k` best of some rows, without the one that is left out.
fn best(rows: &Rows, query: &[f32], left_out: Option<u32>, among: &[usize], k: usize) -> Vec<Hit> {
    let mut top = TopK::new(k);
    rows.similarities(query, among, |row, similarity| {
        if similarity.is_finite() && Some(row as u32) != left_out {
            top.push(Hit::new(row, similarity));
        }
    });
    top.into_sorted()
}

/// A vector scaled to unit norm. Zeros, and vectors whose norm overflows, become zeros.
fn unit(vector: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let norm = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let factor = if norm > 0.0 && norm.is_finite() { norm.recip() } else { 0.0 };
    vector.iter().map(move |&x| if factor > 0.0 { (f64::from(x) * factor) as f32 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_is_a_query_does_not_find_itself() {
        let numbers: Vec<f32> = (0..2000 * 4).map(|i| (i as f32 * 0.7).sin()).collect();
        let (rows, codes) = (Rows::new(numbers.clone().into(), 4), Codes::new(&numbers, 4));
        let trial = Trial::new(&rows, &codes, 1);
        assert_eq!(trial.tried.len(), KINDS * QUERIES);
        let (items, others) = trial.tried.split_at(QUERIES);
        assert!(others.iter().all(|tried| tried.left_out.is_none()));
        for tried in items {
            let row = tried.left_out.unwrap() as usize;
            assert!(tried.best.iter().all(|hit| hit.item != row));
            assert_eq!(tried.best.len(), MAX_HITS);
        }
        assert_eq!(trial.recall(10, KINDS, |tried, _| tried.best[..10].to_vec()), 1.0);
        // A low recall of one kind is not averaged away by the others.
        let half =
            |tried: &Tried, query: usize| tried.best[..if query / QUERIES == 1 { 5 } else { 10 }].to_vec();
        assert_eq!(trial.recall(10, KINDS, half), 0.5);
        let itself = |tried: &Tried, _: usize| tried.left_out.map(|row| Hit::new(row as usize, 2.0));
        assert_eq!(trial.recall(1, KINDS, |tried, query| itself(tried, query).into_iter().collect()), 0.0);
    }

    #[test]
    fn queries_out_of_distribution_are_random_directions_and_their_opposites() {
        let numbers: Vec<f32> = (0..1100 * 8).map(|i| 2.0 + (i as f32 * 0.7).sin()).collect();
        let (rows, codes) = (Rows::new(numbers.clone().into(), 8), Codes::new(&numbers, 8));
        let drawn = |seed| Trial::out_of_distribution(&rows, &codes, seed).tried;
        let tried = drawn(5);
        assert_eq!(tried.len(), QUERIES);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        for pair in tried.chunks(2) {
            let (query, opposite) = (&pair[0].query, &pair[1].query);
            assert!((dot(query, query) - 1.0).abs() < 1e-5 && (dot(query, opposite) + 1.0).abs() < 1e-5);
            assert!(pair.iter().all(|tried| tried.left_out.is_none() && tried.best.len() == MAX_HITS));
            let products: Vec<f32> = numbers.chunks(8).map(|item| dot(query, item)).collect();
            let [least, most] = [f32::min, f32::max].map(|of| products.iter().copied().reduce(of).unwrap());
            assert!((pair[0].best[0].similarity - most).abs() < 1e-4);
            assert!((pair[1].best[0].similarity + least).abs() < 1e-4);
        }
        // All items have positive components, and half of the queries point away from them.
        let sum = |tried: &Tried| tried.query.iter().sum::<f32>();
        assert_eq!(tried.iter().filter(|tried| sum(tried) > 0.0).count(), QUERIES / 2);
        let same = |a: &[Tried], b: &[Tried]| a.iter().zip(b).all(|(a, b)| a.query == b.query);
        assert!(same(&tried, &drawn(5)) && !same(&tried, &drawn(6)));
    }

    #[test]
    fn int8_suffices_where_items_differ_by_more_than_its_steps() {
        let suffices = |numbers: Vec<f32>| {
            let (rows, codes) = (Rows::new(numbers.clone().into(), 8), Codes::new(&numbers, 8));
            Trial::new(&rows, &codes, 0).int8_suffices(&rows, &codes)
        };
        let drawn = |scale: f32| {
            let mut random = ChaCha8Rng::seed_from_u64(1);
            (0..1100 * 8).map(|_| 1.0 + scale * random.random_range(-1.0_f32..1.0)).collect()
        };
        assert!(suffices(drawn(10.0)) && !suffices(drawn(1e-3)));
    }
}
