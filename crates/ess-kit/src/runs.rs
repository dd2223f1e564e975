//! Searching with a module: what it finds as a run.

use ess_core::{Encoding, Hit, Ids, Index, Scored, SearchModule};
use ess_metrics::{Evaluation, Run};

use crate::{dataset::Dataset, error::Error, evaluation::evaluate, judged_queries::JudgedQueries};

/// How many hits a run keeps for each query, as is usual for trec_eval.
const DEPTH: usize = 1000;

impl<E> JudgedQueries<E> {
    /// How many hits to ask an index of so many items for, so that enough are left for a run.
    pub fn depth(&self, items: usize) -> usize {
        let left_out = usize::from(self.own_items.iter().any(Option::is_some));
        items.min(DEPTH + left_out)
    }

    /// The run of the hits that were found for each query, less the item that no ranking of it may have; at most 1000 a
    /// query.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one list for each query, and for a row that no id has; [`Error::Metrics`] for a
    /// similarity that is no finite number and an item that was found twice.
    pub fn run(&self, name: &str, items: &Ids, hits: Vec<Vec<Hit>>) -> Result<Run, Error> {
        let (what, expected, found) = ("hits of queries", self.ids.len(), hits.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        let mut run = Run::new(name);
        for ((id, own), hits) in self.ids.iter().zip(&self.own_items).zip(hits) {
            let others = hits.into_iter().filter(|hit| Some(hit.item) != *own);
            for hit in others.take(DEPTH) {
                let (what, row, len) = ("id of a hit", hit.item, items.len());
                let item = items.get(row).ok_or(ess_core::Error::RowOutOfRange { what, row, len })?;
                run.insert(id, item, hit.similarity)?;
            }
        }
        Ok(run)
    }

    /// Measures a run of these queries by [`MEASURES`](crate::MEASURES), as trec_eval does.
    ///
    /// # Errors
    /// Those of [`evaluate`].
    pub fn evaluate(&self, run: &Run) -> Result<Evaluation, Error> {
        evaluate(&self.qrels, run)
    }
}

impl Dataset {
    /// Searches all items for each query with a module: the run of this name. A module with a scoring of its own
    /// ([`SearchModule::scoring`]) scores every item.
    ///
    /// # Errors
    /// Those of the module and of the index, and of [`JudgedQueries::run`].
    pub fn search<E: Encoding>(
        &self,
        name: &str,
        module: &dyn SearchModule<E>,
        index: &dyn Index,
        queries: &JudgedQueries<E>,
    ) -> Result<Run, Error> {
        let mapped = module.apply(queries.set.encodings())?;
        let depth = queries.depth(index.len());
        let hits = match module.scoring() {
            Some(scoring) => Scored::new(&*scoring).search(&mapped, self.items(), depth)?,
            None => index.search(&mapped, depth)?,
        };
        queries.run(name, self.item_ids(), hits)
    }
}
