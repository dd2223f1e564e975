//! Late interaction of the query's tokens with the item's.

use ess_core::Error;

use crate::{
    features::{asked::Asked, feature::Feature},
    input::{auto_queries::AutoQueries, collection::Collection},
};

/// [`ess_searchers::ItemTokens::similarities`] of the items that are looked at closely; the least of these for the others.
pub(crate) struct Tokens;

impl Feature for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn is_relative(&self) -> bool {
        true
    }

    fn has_items(&self, collection: &Collection) -> bool {
        collection.tokens.is_some()
    }

    fn has_queries(&self, queries: &AutoQueries) -> bool {
        queries.tokens().is_some()
    }

    fn reads_tokens(&self) -> bool {
        true
    }

    fn cautious_weight(&self) -> f32 {
        0.8
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        let Some((tokens, query)) = asked.collection.tokens.as_ref().zip(asked.tokens) else {
            return Ok(None);
        };
        Ok(Some(spread(&query.similarities(tokens, asked.close)?, asked.close, items)))
    }
}

/// What is known of some of the items, all in row order; of the others, the least of it.
fn spread(known: &[f32], some: &[u32], items: &[u32]) -> Vec<f32> {
    if known.is_empty() {
        return vec![0.0; items.len()];
    }
    let least = known.iter().copied().fold(f32::INFINITY, f32::min);
    items.iter().map(|item| some.binary_search(item).map_or(least, |at| known[at])).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn items_that_were_not_looked_at_are_as_the_least_of_the_others() {
        assert_eq!(spread(&[0.5, 0.2], &[1, 3], &[0, 1, 3]), [0.2, 0.5, 0.2]);
        assert_eq!(spread(&[], &[], &[4]), [0.0]);
    }
}
