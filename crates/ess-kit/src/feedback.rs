//! Queries with what a first pass of the index found for them.

use ess_core::{Index, TokenStates};
use ess_searchers::FirstPass;

use crate::{dataset::Dataset, error::Error, judged_queries::JudgedQueries};

impl JudgedQueries {
    /// The same queries as token states: each with the `depth` items that the index finds for it.
    ///
    /// # Errors
    /// [`Error::Core`] when queries and items differ in dimension, and those of the index.
    pub fn with_found_items(
        self,
        dataset: &Dataset,
        index: &dyn Index,
        depth: usize,
    ) -> Result<JudgedQueries<TokenStates>, Error> {
        let states = FirstPass::new(index, dataset.items(), depth)?.states(self.set.encodings())?;
        let set = self.set.with_encodings(states)?;
        let Self { qrels, ids, tokens, left_out, own_items, .. } = self;
        Ok(JudgedQueries { qrels, ids, set, tokens, left_out, own_items })
    }
}
