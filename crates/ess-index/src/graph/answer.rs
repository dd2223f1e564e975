//! Answering a query: a walk or a scan of all admitted items, then an exact comparison.

use ess_core::{Effort, Hit, RowSet, TopK};

use super::index::GraphIndex;
use super::scratch::Scratch;
use super::survey::refined;

/// Walks with more candidates than this take longer than a scan of a small index.
pub(super) const MAX_CANDIDATES: usize = 1 << 14;

/// How one call is answered.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    k: usize,
    /// The candidates that a walk keeps; `None` for a scan of all admitted items.
    candidates: Option<usize>,
    /// The candidates that are compared exactly.
    refine: usize,
    admitted: Option<&'a RowSet>,
    /// A row that the walk ignores, as if it were not in the graph.
    left_out: Option<u32>,
}

impl Plan<'_> {
    /// The same plan without one row.
    pub(super) fn without(self, left_out: Option<u32>) -> Self {
        Self { left_out, ..self }
    }
}

impl GraphIndex {
    pub(super) fn plan<'a>(&self, k: usize, effort: &Effort, admitted: Option<&'a RowSet>) -> Plan<'a> {
        let rows = self.live.rows();
        let wanted = effort.ef_search.unwrap_or(self.survey.candidates_for(k)).max(k);
        let admitted_rows = admitted.map_or(rows, RowSet::len);
        // Among the candidates only this share is admitted.
        let widened = wanted as f64 * (rows as f64 / admitted_rows.max(1) as f64);
        let looks = widened * self.links.degree() as f64 / 2.0;
        let everything = looks >= admitted_rows as f64 || widened > MAX_CANDIDATES as f64;
        let refine = effort.rescore.unwrap_or(refined(k)).max(k);
        Plan { k, candidates: (!everything).then_some(widened as usize), refine, admitted, left_out: None }
    }

    /// The hits of one query, or the first row whose similarity is not finite, and that similarity.
    pub(super) fn answer(
        &self,
        query: &[f32],
        plan: &Plan,
        scratch: &mut Scratch,
    ) -> Result<Vec<Hit>, (usize, f32)> {
        scratch.found.clear();
        if let Some(candidates) = plan.candidates {
            self.walk(query, candidates, plan, scratch);
        }
        let enough = plan.k.min(plan.admitted.map_or(self.live.rows(), RowSet::len));
        if scratch.found.len() < enough {
            scratch.found.clear();
            match plan.admitted {
                Some(admitted) => scratch.found.extend(admitted.iter()),
                None => scratch.found.extend(0..self.live.rows()),
            }
        }
        self.refine(query, plan.k, &scratch.found)
    }

    /// Whether a plan scans all admitted items.
    pub(super) fn is_scan(plan: &Plan<'_>) -> bool {
        plan.candidates.is_none()
    }

    /// Fills `scratch.found` with the rows to compare exactly.
    fn walk(&self, query: &[f32], candidates: usize, plan: &Plan, scratch: &mut Scratch) {
        let Scratch { walk, query: prepared, found } = scratch;
        let points = self.points();
        points.vector_as_query(query, prepared);
        let candidates = walk.towards(&self.links, self.starts.rows(), candidates, |rows, closeness| {
            points.similarities(prepared, rows, closeness);
            if let Some(position) = plan.left_out.and_then(|out| rows.iter().position(|&row| row == out)) {
                closeness[position] = f32::NEG_INFINITY;
            }
        });
        let rows = candidates.iter().map(|candidate| candidate.row() as usize);
        found.extend(rows.filter(|&row| plan.admitted.is_none_or(|set| set.contains(row))).take(plan.refine));
    }

    fn refine(&self, query: &[f32], k: usize, rows: &[usize]) -> Result<Vec<Hit>, (usize, f32)> {
        let mut best = TopK::new(k);
        let mut overflow: Option<(usize, f32)> = None;
        self.rows.similarities(query, rows, |row, similarity| {
            if similarity.is_finite() {
                best.push(Hit::new(row, similarity));
            } else if overflow.is_none_or(|(first, _)| row < first) {
                overflow = Some((row, similarity));
            }
        });
        match overflow {
            Some(overflow) => Err(overflow),
            None => Ok(best.into_sorted()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;

    use super::super::builder::GraphBuilder;
    use super::*;
    use crate::progress::Progress;

    #[test]
    fn a_plan_walks_where_that_looks_at_fewer_items_than_are_admitted() {
        let items = Embeddings::from_vec((0..80).map(|i| (i as f32 * 0.7).sin()).collect(), 2).unwrap();
        let builder = GraphBuilder { degree: 4, ..GraphBuilder::default() };
        let index = builder.build(items, Progress::Silent).unwrap();
        let planned = |k, candidates, admitted: usize| {
            let effort = Effort { ef_search: Some(candidates), ..Effort::default() };
            let set = RowSet::from_predicate(40, |row| row < admitted);
            index.plan(k, &effort, (admitted < 40).then_some(&set)).candidates
        };
        // A candidate looks at 2 items, and as many more candidates are kept as items are not admitted.
        assert_eq!([8, 19, 20].map(|candidates| planned(2, candidates, 40)), [Some(8), Some(19), None]);
        assert_eq!([20, 21, 30].map(|admitted| planned(2, 5, admitted)), [None, Some(9), Some(6)]);
        assert_eq!(planned(6, 5, 40), Some(6), "no fewer than hits");
        let plan = |rescore| index.plan(2, &Effort { rescore, ..Effort::default() }, None);
        assert_eq!([None, Some(1), Some(7)].map(|rescore| plan(rescore).refine), [11, 2, 7]);
        assert_eq!((plan(None).left_out, plan(None).without(Some(3)).left_out), (None, Some(3)));
        assert_eq!(refined(usize::MAX), usize::MAX);
    }

    #[test]
    fn a_walk_keeps_no_more_candidates_than_pay_whatever_the_rows() {
        let items = Embeddings::from_vec((0..80).map(|i| (i as f32 * 0.7).sin()).collect(), 2).unwrap();
        let builder = GraphBuilder { degree: 4, ..GraphBuilder::default() };
        let mut index = builder.build(items, Progress::Silent).unwrap();
        // As if there were so many that a scan looks at more.
        index.live = crate::live_rows::LiveRows::all(1_000_000);
        let planned = |candidates| {
            let effort = Effort { ef_search: Some(candidates), ..Effort::default() };
            index.plan(2, &effort, None).candidates
        };
        let most = MAX_CANDIDATES;
        assert_eq!(
            [most - 1, most, most + 1, 2 * most].map(planned),
            [Some(most - 1), Some(most), None, None]
        );
    }
}
