//! Default settings chosen by trial queries on the items.

use ess_core::Effort;

use super::index::GraphIndex;
use super::starts::{MAX_STARTS, Starts};
use super::survey::{MAX_HITS, MIN_CANDIDATES};
use super::trial::{KINDS, RECALL, Trial};

/// Sums of items ask for at most so many times [`MIN_CANDIDATES`]: between tight clusters no walk shorter than a scan finds
/// what is best for a sum, and queries that are like items would pay for it.
const MAX_FOR_SUMS: usize = 6;

impl GraphIndex {
    /// Chooses the candidates that defaults need; without a trial, because there are few items, the least.
    pub(super) fn finish_survey(&mut self, trial: Option<&Trial>) {
        if let Some(trial) = trial {
            for (place, hits) in [&[1, 10][..], &[MAX_HITS]].into_iter().enumerate() {
                self.survey.candidates[place] = self.candidates_needed(trial, hits, place);
            }
            self.survey.rows = self.rows.len();
        }
        self.survey.cover = self.starts.cover();
    }

    /// Takes many starts where few find too little and many at least half of what is missing; `apart` are starts besides.
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

    /// The recall of walks with so many candidates; 1 where they would be no shorter than a scan.
    fn tried(&self, trial: &Trial, kinds: usize, k: usize, candidates: usize) -> f64 {
        let effort = Effort { ef_search: Some(candidates), ..Effort::default() };
        let plan = self.plan(k, &effort, None);
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

    /// The fewest candidates, in steps of a quarter from those of the last survey, with which walks reach [`RECALL`] or are no
    /// shorter than a scan.
    fn candidates_needed(&self, trial: &Trial, hits: &[usize], place: usize) -> usize {
        let mut candidates = self.survey.candidates[place];
        loop {
            let next = candidates + candidates / 4;
            let kinds = if next <= MAX_FOR_SUMS * MIN_CANDIDATES[place] { KINDS } else { KINDS - 1 };
            if hits.iter().all(|&k| self.tried(trial, kinds, k, candidates) >= RECALL) {
                return candidates;
            }
            candidates = next;
        }
    }
}
