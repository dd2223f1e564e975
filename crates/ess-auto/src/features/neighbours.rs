//! What training queries were answered by, as a nearest-neighbour memory.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Error};
use ess_lexical::{SparseIndex, SparseVectors};
use ess_train::Judgement;
use ndarray::{ArrayView1, s};
use rayon::prelude::*;

use crate::input::{batch::Batch, training_queries::TrainingQueries};

/// Queries whose similarities to the training queries are made together.
const TOGETHER: usize = 64;

/// How fast a training query is forgotten as its embedding differs: `exp(15 (cos − 1))`.
const SHARPNESS: f32 = 15.0;

/// Contributions below it are noise of queries that have nothing in common.
const MIN_STRENGTH: f32 = 1e-3;

/// Items that one query recalls at most.
const MAX_RECALLED: usize = 2000;

/// Training queries as keys, their relevant items as values: a query recalls the items of the training queries near it.
///
/// Where no training query is near, nothing is recalled, so it cannot harm there.
pub(crate) struct NeighbourMemory {
    // Of unit norm.
    queries: Embeddings,
    lexical: Option<SparseIndex>,
    values: Vec<Vec<(u32, f32)>>,
    // Of each query, where there are folds.
    fold_of: Option<Vec<usize>>,
}

/// What one query recalled.
#[derive(Clone, Default)]
pub(crate) struct Recalled {
    /// The cosine to the nearest training query.
    pub(crate) near: f32,
    /// Items with the strengths of their dense and of their lexical neighbours.
    pub(crate) items: BTreeMap<u32, [f32; 2]>,
}

impl Recalled {
    /// The items that are recalled most strongly, at most `count`.
    pub(crate) fn strongest(&self, count: usize) -> Vec<u32> {
        let mut items: Vec<(u32, f32)> =
            self.items.iter().map(|(&item, [dense, lexical])| (item, dense + lexical)).collect();
        items.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        items.into_iter().take(count).map(|(item, _)| item).collect()
    }

    /// With no more items than anything asks for: what all queries recall is kept at once.
    fn limited(mut self) -> Self {
        if self.items.len() > MAX_RECALLED {
            let kept = self.strongest(MAX_RECALLED);
            self.items = kept.into_iter().map(|item| (item, self.items[&item])).collect();
        }
        self
    }
}

impl NeighbourMemory {
    /// Remembers queries and, for each, its items with their shares of the query's grades.
    pub(crate) fn new(queries: &Batch, values: Vec<Vec<(u32, f32)>>) -> Self {
        let lexical = queries.lexical.as_ref().map(|lexical| SparseIndex::new(&lexical.unit));
        Self { queries: queries.dense.clone().normalized(), lexical, values, fold_of: None }
    }

    /// Remembers all of these, whose encodings are `batch`.
    pub(crate) fn of_all(queries: &TrainingQueries, batch: &Batch) -> Self {
        Self::new(batch, queries.set().judgements().iter().map(|judged| shares(judged)).collect())
    }

    /// The same with the fold of each query, so that a look-up can be made as if some folds were not there.
    pub(crate) fn with_folds(self, fold_of: &[usize]) -> Self {
        Self { fold_of: Some(fold_of.to_vec()), ..self }
    }

    /// What the queries recall of all that is not in a hidden fold.
    pub(crate) fn recall(&self, batch: &Batch, hidden: &[usize]) -> Result<Vec<Recalled>, Error> {
        let is_hidden = |query: &usize| self.fold_of.as_ref().is_some_and(|of| hidden.contains(&of[*query]));
        let known: Vec<usize> = (0..self.values.len()).filter(|query| !is_hidden(query)).collect();
        let dense = batch.dense.clone().normalized();
        let unit = batch.lexical.as_ref().map(|lexical| &lexical.unit);
        let starts: Vec<usize> = (0..dense.len()).step_by(TOGETHER).collect();
        let blocks = starts.into_par_iter().map(|first| {
            let end = dense.len().min(first + TOGETHER);
            let cosines = dense.view().slice(s![first..end, ..]).dot(&self.queries.view().t());
            let rows = cosines.rows().into_iter().zip(first..);
            rows.map(|(cosines, row)| self.recall_one(&known, cosines, unit, row)).collect::<Vec<_>>()
        });
        Ok(blocks.flatten_iter().collect())
    }

    fn recall_one(
        &self,
        known: &[usize],
        cosines: ArrayView1<'_, f32>,
        unit: Option<&SparseVectors>,
        row: usize,
    ) -> Recalled {
        let mut recalled = Recalled { near: -1.0, items: BTreeMap::new() };
        let mut add = |query: usize, kind: usize, strength: f32| {
            for &(item, share) in self.values[query].iter().filter(|_| strength > MIN_STRENGTH) {
                recalled.items.entry(item).or_default()[kind] += strength * share;
            }
        };
        for &query in known {
            recalled.near = recalled.near.max(cosines[query]);
            add(query, 0, (SHARPNESS * (cosines[query] - 1.0)).exp());
        }
        if let (Some(index), Some(unit)) = (&self.lexical, unit) {
            let mut cosines = vec![0.0; self.values.len()];
            index.add_similarities(unit.row(row), 1.0, &mut cosines);
            known.iter().for_each(|&query| add(query, 1, cosines[query] * cosines[query]));
        }
        recalled.limited()
    }
}

/// The relevant items of a query with their shares of its grades.
pub(crate) fn shares(judged: &[Judgement]) -> Vec<(u32, f32)> {
    let relevant = || judged.iter().filter(|judgement| judgement.grade > 0);
    let sum: f32 = relevant().map(|judgement| judgement.grade as f32).sum();
    relevant().map(|judgement| (judgement.item as u32, judgement.grade as f32 / sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_queries_are_recalled_and_far_ones_are_not() {
        let batch = |rows: &[[f32; 2]]| Batch::of(Embeddings::from_rows(rows).unwrap());
        let values = vec![vec![(7, 1.0)], vec![(7, 0.25), (9, 0.75)]];
        let memory = NeighbourMemory::new(&batch(&[[2.0, 0.0], [0.0, 1.0]]), values);
        let recalled = memory.recall(&batch(&[[1.0, 0.0], [-1.0, -1.0]]), &[]).unwrap();
        assert_eq!((recalled[0].near, recalled[0].items.len()), (1.0, 1));
        assert!((recalled[0].items[&7][0] - 1.0).abs() < 1e-6);
        assert!(recalled[1].items.is_empty() && recalled[1].near < 0.0);

        let memory = memory.with_folds(&[4, 7]);
        let recalled = memory.recall(&batch(&[[1.0, 0.0]]), &[4, 9]).unwrap();
        assert_eq!((recalled[0].near, recalled[0].items.len()), (0.0, 0));
    }
}
