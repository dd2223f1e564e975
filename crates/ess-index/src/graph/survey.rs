//! Default settings chosen by trial queries on the items.

use ess_core::{Effort, Hit, TopK};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::points::{PointQuery, Points};
use super::{GraphIndex, refined, starts::Starts};
use crate::kernels::codes::Codes;
use crate::rows::Rows;

/// Queries that are tried.
const QUERIES: usize = 64;

/// The most hits that a query is tried for.
const MAX_HITS: usize = 100;

/// The recall that defaults are to reach on the queries tried; other queries may be harder.
const RECALL: f64 = 0.97;

/// The least candidates of a walk for up to ten hits, and for a hundred.
const MIN_CANDIDATES: [usize; 2] = [64, 100];

/// What was found out about the items of a graph when they were last counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survey {
    /// The rows there were.
    pub(super) rows: usize,
    /// Whether norms differ.
    pub(super) norms_differ: bool,
    /// Whether walks compare the items' own components, since int8 codes cannot tell neighbours apart.
    pub(super) exactly: bool,
    /// The candidates of a walk for up to ten hits, and for a hundred.
    pub(super) candidates: [usize; 2],
    /// The squared distance within which every item has a start.
    pub(super) cover: f32,
}

impl Survey {
    /// Nothing found out yet.
    pub(super) fn none(norms_differ: bool) -> Self {
        Self { rows: 0, norms_differ, exactly: false, candidates: MIN_CANDIDATES, cover: f32::MAX }
    }

    /// The candidates of a walk for `k` hits.
    pub(super) fn candidates_for(&self, k: usize) -> usize {
        let [ten, hundred] = self.candidates;
        // Up to a hundred hits in proportion, as many as were enough there.
        ten.max(k.saturating_mul(hundred).div_ceil(MAX_HITS))
    }
}

/// Queries like items, and the best items for each.
pub(super) struct Trial {
    dim: usize,
    queries: Vec<f32>,
    best: Vec<Vec<Hit>>,
}

impl Trial {
    /// Directions of items, each moved by half its length in the direction in which two others differ.
    pub(super) fn new(rows: &Rows, codes: &Codes, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut queries = Vec::with_capacity(QUERIES * rows.dim());
        for _ in 0..QUERIES {
            let [a, b, c] = std::array::from_fn(|_| rows.row(random.random_range(0..rows.len())));
            let difference: Vec<f32> = b.iter().zip(c).map(|(b, c)| b - c).collect();
            let moved = unit(a).zip(unit(&difference)).map(|(a, difference)| a + difference / 2.0);
            queries.extend(moved);
        }
        let hits = MAX_HITS.min(rows.len());
        let points = Points::new(rows, codes, true);
        let queries_in_turn = queries.par_chunks_exact(rows.dim());
        let best =
            queries_in_turn.map(|query| best(rows, query, &scan(&points, query, hits), hits)).collect();
        Self { dim: rows.dim(), queries, best }
    }

    /// The mean share of the `k` best that is found; items that tie with them count.
    pub(super) fn recall(&self, k: usize, found: impl Fn(&[f32], usize) -> Vec<Hit> + Sync) -> f64 {
        let k = k.min(self.best.iter().map(Vec::len).min().unwrap_or(0)).max(1);
        let queries = self.queries.par_chunks_exact(self.dim).zip(&self.best);
        let good: usize = queries
            .map(|(query, best)| {
                let least = best.get(k - 1).map_or(f32::NEG_INFINITY, |hit| hit.similarity);
                found(query, k).iter().filter(|hit| hit.similarity >= least).count()
            })
            .sum();
        good as f64 / (k * self.best.len()) as f64
    }

    /// Whether comparing all int8 codes, and the best of them again exactly, would find enough.
    pub(super) fn int8_suffices(&self, rows: &Rows, codes: &Codes) -> bool {
        let points = Points::new(rows, codes, false);
        let found = |query: &[f32], k: usize| best(rows, query, &scan(&points, query, k), k);
        [1, 10, MAX_HITS].iter().all(|&k| self.recall(k, found) >= RECALL)
    }
}

/// The rows that are the best by what is compared, as many as are compared again for `k` hits.
fn scan(points: &Points<'_>, query: &[f32], k: usize) -> Vec<usize> {
    let all: Vec<u32> = (0..points.len() as u32).collect();
    let (mut prepared, mut similarities) = (PointQuery::default(), Vec::with_capacity(all.len()));
    points.vector_as_query(query, &mut prepared);
    points.similarities(&mut prepared, &all, &mut similarities);
    let mut top = TopK::new(refined(k));
    top.extend_from_similarities(0, &similarities);
    top.into_sorted().iter().map(|hit| hit.item).collect()
}

fn best(rows: &Rows, query: &[f32], among: &[usize], k: usize) -> Vec<Hit> {
    let mut top = TopK::new(k);
    rows.similarities(query, among, |row, similarity| {
        if similarity.is_finite() {
            top.push(Hit::new(row, similarity));
        }
    });
    top.into_sorted()
}

/// A vector at unit norm; zeros, and what is beyond all numbers, are zeros.
fn unit(vector: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let norm = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let factor = if norm > 0.0 && norm.is_finite() { norm.recip() } else { 0.0 };
    vector.iter().map(move |&x| if factor > 0.0 { (f64::from(x) * factor) as f32 } else { 0.0 })
}

impl GraphIndex {
    /// Chooses the candidates that defaults need; without a trial, because there are few items, the least.
    pub(super) fn finish_survey(&mut self, trial: Option<&Trial>) {
        if let Some(trial) = trial {
            for (place, hits) in [&[1, 10][..], &[MAX_HITS]].into_iter().enumerate() {
                let least = self.survey.candidates[place];
                self.survey.candidates[place] = self.candidates_needed(trial, hits, least);
            }
            self.survey.rows = self.rows.len();
        }
        self.survey.cover = self.starts.cover();
    }

    /// Takes many starts where few find too little and many at least half of what is missing; `apart` are starts besides.
    pub(super) fn choose_starts(&mut self, trial: &Trial, mut many: Starts, apart: &[u32]) {
        let hits = [10, MAX_HITS];
        let missing = |index: &Self| -> f64 {
            let candidates = hits.iter().zip(MIN_CANDIDATES);
            candidates.map(|(&k, least)| (RECALL - index.tried(trial, k, least)).max(0.0)).sum()
        };
        let by_few = missing(self);
        if by_few > 0.0 {
            many.add(apart);
            let few = std::mem::replace(&mut self.starts, many);
            if missing(self) > by_few / 2.0 {
                self.starts = few;
            }
        }
    }

    /// The recall of walks with so many candidates; 1 where they would be no shorter than a scan.
    fn tried(&self, trial: &Trial, k: usize, candidates: usize) -> f64 {
        let effort = Effort { ef_search: Some(candidates), ..Effort::default() };
        let plan = self.plan(k, &effort, None);
        if Self::is_scan(&plan) {
            return 1.0;
        }
        trial.recall(k, |query, _| {
            let mut scratch = self.take_scratch();
            let hits = self.answer(query, &plan, &mut scratch).unwrap_or_default();
            self.give_scratch(scratch);
            hits
        })
    }

    /// The least candidates, in steps of a half, with which walks reach [`RECALL`] or are no shorter than a scan.
    fn candidates_needed(&self, trial: &Trial, hits: &[usize], least: usize) -> usize {
        let mut candidates = least;
        while hits.iter().any(|&k| self.tried(trial, k, candidates) < RECALL) {
            candidates += candidates / 2;
        }
        candidates
    }
}
