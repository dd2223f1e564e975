//! Pseudo-relevance feedback on query vectors.

use ess_core::{Embeddings, Error, Hit, Index, Searcher};
use serde::{Deserialize, Serialize};

use super::first_pass::FirstPass;
use super::weights::FeedbackWeights;

/// How the items of a first pass move a query.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedbackConfig {
    /// The items of the first pass that are used, and their weights.
    #[serde(alias = "attention")]
    pub item_weights: FeedbackWeights,
    /// The factor of the items' weighted mean, which is added to the query; 0 or more. Default: 0.3.
    pub weight: f32,
}

impl Default for FeedbackConfig {
    fn default() -> Self {
        Self { item_weights: FeedbackWeights::default(), weight: 0.3 }
    }
}

/// Pseudo-relevance feedback on vectors: a second pass searches with `q + weight · Σᵢ aᵢ dᵢ`, where `dᵢ` are the items that
/// the first pass found and `aᵢ` their [`FeedbackWeights`].
///
/// This is Rocchio's formula with the items of the first pass as the relevant ones (Rocchio, "Relevance feedback in
/// information retrieval", 1971). It costs one more call of the index, with the same number of queries, and reads `depth`
/// item vectors for each query.
///
/// ```
/// use ess_core::{Embeddings, Index, Searcher};
/// use ess_searchers::{FeedbackConfig, FeedbackSearcher};
/// use ess_index::FlatIndex;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])?;
/// let index = FlatIndex::new(items.clone())?;
/// let searcher = FeedbackSearcher::new(&index, &items, FeedbackConfig::default())?;
/// assert_eq!(searcher.search(&Embeddings::from_rows(&[[0.9, 0.4]])?, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FeedbackSearcher<'a, I> {
    first: FirstPass<'a, I>,
    config: FeedbackConfig,
}

impl<'a, I: Index> FeedbackSearcher<'a, I> {
    /// Searches `index`, whose items (`m × d`) are also given as they are.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] or [`Error::LengthMismatch`] when they are not the index's,
    /// [`Error::InvalidParameter`] for a setting outside its range.
    pub fn new(index: I, items: &'a Embeddings, config: FeedbackConfig) -> Result<Self, Error> {
        config.item_weights.check()?;
        if !(config.weight.is_finite() && config.weight >= 0.0) {
            let (name, expected) = ("weight of feedback", "a number of 0 or more");
            return Err(Error::InvalidParameter { name, expected, found: config.weight.to_string() });
        }
        let first = FirstPass::new(index, items, config.item_weights.depth)?;
        Ok(Self { first, config })
    }

    /// The queries of the second pass, `n × d`.
    ///
    /// # Errors
    /// Those of the index.
    pub fn moved(&self, queries: &Embeddings) -> Result<Embeddings, Error> {
        let first = self.first.hits(queries)?;
        let mut moved = queries.view().to_owned();
        let mut centroid = vec![0.0; queries.dim()];
        for (mut query, hits) in moved.rows_mut().into_iter().zip(&first) {
            self.config.item_weights.centroid(hits, |item| self.first.items().row(item), &mut centroid);
            query.iter_mut().zip(&centroid).for_each(|(q, c)| *q += self.config.weight * c);
        }
        Embeddings::new(moved)
    }
}

impl<I: Index> Searcher for FeedbackSearcher<'_, I> {
    fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        self.first.index().search(&self.moved(queries)?, k)
    }
}

#[cfg(test)]
mod tests {
    use ess_index::FlatIndex;

    use super::*;

    #[test]
    fn no_weight_is_the_plain_search_and_more_moves_towards_the_best_item() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        let queries = Embeddings::from_rows(&[[0.9, 0.1]]).unwrap();
        let with = |weight, depth| {
            let config = FeedbackConfig { weight, item_weights: FeedbackWeights { depth, temperature: 0.0 } };
            FeedbackSearcher::new(&index, &items, config).unwrap()
        };
        assert_eq!(with(0.0, 1).search(&queries, 3).unwrap(), index.search(&queries, 3).unwrap());
        assert_eq!(with(2.0, 1).moved(&queries).unwrap().row(0), [2.9, 0.1]);
        // Deeper than there are items: all of them.
        let moved = with(3.0, 9).moved(&queries).unwrap();
        assert!(moved.row(0).iter().zip([2.5, 1.9]).all(|(found, expected)| (found - expected).abs() < 1e-5));
    }

    #[test]
    fn settings_and_items_that_do_not_fit_are_refused() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        let config = FeedbackConfig { weight: -1.0, ..FeedbackConfig::default() };
        assert!(matches!(FeedbackSearcher::new(&index, &items, config), Err(Error::InvalidParameter { .. })));
        let one = items.select(&[0]).unwrap();
        let found = FeedbackSearcher::new(&index, &one, FeedbackConfig::default());
        assert!(matches!(found, Err(Error::LengthMismatch { .. })));
    }

    #[test]
    fn settings_saved_under_the_old_name_are_read() {
        let saved = r#"{"attention": {"depth": 5, "temperature": 2.0}, "weight": 0.5}"#;
        let config: FeedbackConfig = serde_json::from_str(saved).unwrap();
        assert_eq!(config.item_weights, FeedbackWeights { depth: 5, temperature: 2.0 });
    }
}
