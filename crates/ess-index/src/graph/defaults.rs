//! Default settings chosen by trial queries on the items.

use ess_core::Effort;

use super::default_recall::{DefaultRecall, RecallAt};
use super::index::GraphIndex;
use super::starts::{MAX_STARTS, Starts};
use super::survey::{MAX_HITS, MIN_CANDIDATES};
use super::trial::{KINDS, RECALL, Trial};

/// Sums of items ask for at most so many times [`MIN_CANDIDATES`]: between tight clusters no walk shorter than a scan finds
/// what is best for a sum, and queries that are like items would pay for it.
const MAX_FOR_SUMS: usize = 6;

impl GraphIndex {
    /// Chooses the default numbers of candidates, and measures what they find. Without a trial, which few items do not get, they
    /// are the minimum.
    pub(super) fn finish_survey(&mut self, trial: Option<&Trial>) {
        if let Some(trial) = trial {
            for (index, hits) in [&[1, 10][..], &[MAX_HITS]].into_iter().enumerate() {
                self.survey.candidates[index] = self.candidates_needed(trial, hits, index);
            }
            self.survey.rows = self.rows.len();
            let recall = self.measured(trial);
            if recall.needs_tuning() {
                tracing::info!(%recall, "the default effort of a graph finds less than 95 % for some queries: tune it with those of your own");
            }
            self.default_recall = Some(recall);
        }
        self.survey.cover = self.starts.cover();
    }

    /// The recall of default searches for the first kind of trial queries, and out of distribution. It takes 96 scans and 384 walks,
    /// a few hundredths of building.
    fn measured(&self, trial: &Trial) -> DefaultRecall {
        let recall_at = |trial: &Trial| {
            let [at_10, at_100] = [10, MAX_HITS].map(|k| self.recall_of(trial, 1, k, &Effort::default()));
            RecallAt { at_10, at_100 }
        };
        let out_of_distribution = Trial::out_of_distribution(&self.rows, &self.codes, self.builder.seed);
        DefaultRecall {
            in_distribution: recall_at(trial),
            out_of_distribution: recall_at(&out_of_distribution),
        }
    }

    /// Takes many starts where few give too low a recall and many recover at least half of the loss; `apart` are further starts.
    pub(super) fn choose_starts(&mut self, trial: &Trial, apart: &[u32]) {
        let hits = [10, MAX_HITS];
        let missing = |index: &Self| -> f64 {
            let candidates = hits.iter().zip(MIN_CANDIDATES);
            candidates.map(|(&k, least)| (RECALL - index.tried(trial, KINDS, k, least)).max(0.0)).sum()
        };
        let by_few = missing(self);
        if by_few > 0.0
            && let Some(space) = &self.space
        {
            let mut many = Starts::chosen(&self.points(), space, self.starts.rows()[0], MAX_STARTS);
            many.add(apart);
            let few = std::mem::replace(&mut self.starts, many);
            if missing(self) > by_few / 2.0 {
                self.starts = few;
            }
        }
    }

    /// The recall of walks with this many candidates; 1 where they would be no shorter than a scan.
    fn tried(&self, trial: &Trial, kinds: usize, k: usize, candidates: usize) -> f64 {
        let effort = Effort { ef_search: Some(candidates), ..Effort::default() };
        self.recall_of(trial, kinds, k, &effort)
    }

    /// The recall of searches with this effort; 1 where they are scans.
    fn recall_of(&self, trial: &Trial, kinds: usize, k: usize, effort: &Effort) -> f64 {
        let plan = self.plan(k, effort, None);
        if Self::is_scan(&plan) {
            return 1.0;
        }
        trial.recall(k, kinds, |tried, _| {
            let mut scratch = self.take_scratch();
            let plan = plan.without(tried.left_out);
            let hits = self.answer(&tried.query, &plan, &mut scratch).unwrap_or_default();
            self.give_scratch(scratch);
            hits
        })
    }

    /// The smallest number of candidates, in steps of a quarter from those of the last survey, with which walks reach [`RECALL`] or are no
    /// shorter than a scan.
    fn candidates_needed(&self, trial: &Trial, hits: &[usize], index: usize) -> usize {
        let mut candidates = self.survey.candidates[index];
        loop {
            let next = candidates + candidates / 4;
            let kinds = if next <= MAX_FOR_SUMS * MIN_CANDIDATES[index] { KINDS } else { KINDS - 1 };
            if hits.iter().all(|&k| self.tried(trial, kinds, k, candidates) >= RECALL) {
                return candidates;
            }
            candidates = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{
        graph::{builder::GraphBuilder, links::Links, points::Points, space::Space, survey::Survey},
        kernels::codes::Codes,
        rows::Rows,
    };

    /// Unit vectors in tight clusters, one after the other, of which only the first `reached` have a start; each leads to its
    /// own alone.
    fn clusters(count: usize, size: usize, reached: usize) -> (GraphIndex, Trial) {
        const DIM: usize = 48;
        const DEGREE: usize = 20;
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let unit = |vector: Vec<f32>| -> Vec<f32> {
            let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / norm).collect()
        };
        let mut direction = || unit((0..DIM).map(|_| random.random_range(-1.0..1.0)).collect());
        let centres: Vec<Vec<f32>> = (0..count).map(|_| direction()).collect();
        let mut item = |row: usize| -> Vec<f32> {
            let own = direction();
            unit(centres[row / size].iter().zip(own).map(|(centre, own)| centre + own / 4.0).collect())
        };
        let numbers: Vec<f32> = (0..count * size).flat_map(&mut item).collect();
        let (rows, codes) = (Rows::new(numbers.clone().into(), DIM), Codes::new(&numbers, DIM));
        let space = Space::new(&Points::new(&rows, &codes, false), None, None);
        let mut links = Links::new(DEGREE);
        links.grow(rows.len());
        for row in 0..rows.len() {
            let next = |step: usize| (row / size * size + (row % size + step) % size) as u32;
            links.set(row as u32, &(1..size.min(DEGREE + 1)).map(next).collect::<Vec<_>>());
        }
        let starts = Starts::new((0..reached).map(|cluster| (cluster * size) as u32).collect(), 0.0);
        let trial = Trial::new(&rows, &codes, 0);
        let builder = GraphBuilder::default();
        (GraphIndex::new(builder, rows, codes, space, links, starts, Survey::none(false)), trial)
    }

    #[test]
    fn many_starts_are_taken_where_they_find_at_least_half_of_what_is_missing() {
        // 18 of 24 clusters have one of few starts, and all have one of 256.
        let (mut index, trial) = clusters(24, 110, 18);
        index.choose_starts(&trial, &[7]);
        let starts = index.starts.rows();
        assert!(starts.len() >= MAX_STARTS && starts.contains(&7), "{}", starts.len());
        // Of 600 clusters 256 starts reach less than half.
        let (mut index, trial) = clusters(600, 8, 32);
        index.choose_starts(&trial, &[]);
        assert_eq!(index.starts.rows().len(), 32);
    }

    #[test]
    fn what_defaults_find_is_measured_in_and_out_of_distribution() {
        let (mut index, trial) = clusters(64, 18, 64);
        let recall = index.measured(&trial);
        assert!(recall.in_distribution.at_10 >= RECALL, "{recall}");
        // Without a start a cluster is never reached, and half of the items are in such clusters.
        index.starts = Starts::new((0..32).map(|cluster| cluster * 18).collect(), 0.0);
        let recall = index.measured(&trial);
        assert!(recall.needs_tuning(), "{recall}");
        for found in [recall.in_distribution, recall.out_of_distribution] {
            assert!(found.at_10 > 0.25 && found.at_10 < 0.75, "{recall}");
        }
        assert_eq!(index.survey, Survey::none(false), "measuring changes no default");
        // A scan finds all.
        index.survey.candidates = [200, 200];
        let all = RecallAt { at_10: 1.0, at_100: 1.0 };
        let recall = index.measured(&trial);
        assert_eq!((recall.in_distribution, recall.out_of_distribution), (all, all));
    }

    #[test]
    fn candidates_rise_by_quarters_until_a_scan_is_as_short() {
        // Half of the clusters are never reached: 64, 80, 100, 125, and 125 × 20 / 2 is more than 1152 rows.
        let (index, trial) = clusters(64, 18, 32);
        assert_eq!(index.candidates_needed(&trial, &[1, 10], 0), 125);
        let (index, trial) = clusters(64, 18, 64);
        assert_eq!(index.candidates_needed(&trial, &[1, 10], 0), 64);
    }
}
