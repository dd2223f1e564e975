//! Searching with feedback from the index.

use ess_core::{Embeddings, Error, Hit, Index, Searcher};
use serde::{Deserialize, Serialize};

use crate::{Attention, FirstPass};

/// How the items of a first pass move a query.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedbackConfig {
    /// Which items are looked at, and how much each counts.
    pub attention: Attention,
    /// How far the query is moved towards their mean; 0 or more, 0 for not at all. Default: 0.3.
    pub weight: f32,
}

impl Default for FeedbackConfig {
    fn default() -> Self {
        Self { attention: Attention::default(), weight: 0.3 }
    }
}

/// Vector pseudo-relevance feedback: the query goes to `q + weight · Σᵢ aᵢ dᵢ`, where `a` is the [`Attention`] over the
/// items that a first pass found, and searches again.
///
/// It costs one more call of the index, of the same batch, and reads `depth` item vectors a query.
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
        config.attention.check()?;
        if !(config.weight.is_finite() && config.weight >= 0.0) {
            let (name, expected) = ("weight of feedback", "a number of 0 or more");
            return Err(Error::InvalidParameter { name, expected, found: config.weight.to_string() });
        }
        let first = FirstPass::new(index, items, config.attention.depth)?;
        Ok(Self { first, config })
    }

    /// The moved queries, `n × d`: what the second pass searches with.
    ///
    /// # Errors
    /// Those of the index.
    pub fn moved(&self, queries: &Embeddings) -> Result<Embeddings, Error> {
        let first = self.first.hits(queries)?;
        let mut moved = queries.view().to_owned();
        let mut centroid = vec![0.0; queries.dim()];
        for (mut query, hits) in moved.rows_mut().into_iter().zip(&first) {
            self.config.attention.centroid(hits, |item| self.first.items().row(item), &mut centroid);
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
            let config = FeedbackConfig { weight, attention: Attention { depth, temperature: 0.0 } };
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
}
