//! The tokens of one query, and how similar they were found to be.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ess_core::{Encoding, Error, TokenStates};
use ess_searchers::ItemTokens;

/// A query by tokens. Trials and passes look at much the same items, and an item costs as much as a thousand inner products
/// of embeddings, so what was found is kept.
pub(crate) struct QueryTokens {
    states: Vec<f32>,
    known: Mutex<HashMap<u32, f32>>,
}

impl QueryTokens {
    /// One for each query.
    pub(crate) fn of(queries: &TokenStates) -> Vec<Arc<Self>> {
        let one = |row| {
            Arc::new(Self { states: queries.own_states(row).to_vec(), known: Mutex::new(HashMap::new()) })
        };
        (0..queries.rows()).map(one).collect()
    }

    /// The same states, compared with no item yet.
    pub(crate) fn fresh(&self) -> Arc<Self> {
        Arc::new(Self { states: self.states.clone(), known: Mutex::default() })
    }

    /// The states, `t × d_token` row by row.
    pub(crate) fn states(&self) -> &[f32] {
        &self.states
    }

    /// The similarity to each of the items; always asked of the same collection.
    pub(crate) fn similarities(&self, collection: &ItemTokens, items: &[u32]) -> Result<Vec<f32>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<u32> = items.iter().copied().filter(|item| !known.contains_key(item)).collect();
        let found = collection.similarities(&self.states, &new)?;
        known.extend(new.into_iter().zip(found));
        Ok(items.iter().map(|item| known[item]).collect())
    }
}
