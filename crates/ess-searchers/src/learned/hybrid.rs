//! One index over dense and lexical vectors, searched with a weight of each query's own.

use ess_core::{Encoding, Error, Hit, Searcher};

use super::weight::LearnedWeight;
use crate::fusion::{BothLists, Combination};
use crate::hybrid::{HybridEncoding, HybridIndex};

/// Exact search by `(1 − w) ⟨q, d⟩ + w ⟨q_lex, d_lex⟩` with a weight `w` of each query's own, by one index.
///
/// A weight with features of the encoding alone costs one call of the index. A weight with statistics of scores costs three:
/// one for each half of the query, from which the statistics are computed, and one for the answer.
///
/// ```
/// use ess_core::{Embeddings, Searcher};
/// use ess_searchers::{Combination, BothLists, HybridEncoding, HybridIndex, LearnedHybrid, LearnedWeight, WeightConfig};
/// use ess_lexical::SparseVectors;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?;
/// let lexical = SparseVectors::new(2, &[vec![(1, 1.0)], vec![(0, 2.0)]])?;
/// let index = HybridIndex::new(items, &lexical, 1.0)?;
/// let query = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0]])?,
///     SparseVectors::new(2, &[vec![(0, 1.0)]])?,
/// )?;
/// let pass = BothLists::of_halves(&index, &query, 2)?;
/// let combination = Combination::Raw { weight: 0.5 };
/// let relevant = [vec![(1, 1.0)]];
/// let weight = LearnedWeight::fit(&WeightConfig::constant(), combination, &query, &pass, &relevant)?;
/// assert_eq!(LearnedHybrid::new(&index, weight)?.search(&query, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LearnedHybrid<'a> {
    index: &'a HybridIndex,
    weight: LearnedWeight,
}

impl<'a> LearnedHybrid<'a> {
    /// Searches an index with `α = 1`; the learned weight takes the place of `α`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a weight of another combination than [`Combination::Raw`], which no index answers,
    /// and for an index with another `α`.
    pub fn new(index: &'a HybridIndex, weight: LearnedWeight) -> Result<Self, Error> {
        if !matches!(weight.combination(), Combination::Raw { .. }) {
            let (name, expected) = ("weight for one index", "one of raw scores");
            return Err(Error::InvalidParameter {
                name,
                expected,
                found: format!("{:?}", weight.combination()),
            });
        }
        if index.weight() != 1.0 {
            let (name, expected) = ("weight of the index behind a learned one", "1");
            return Err(Error::InvalidParameter { name, expected, found: index.weight().to_string() });
        }
        Ok(Self { index, weight })
    }

    /// The weight of the lexical half, for each query.
    ///
    /// # Errors
    /// Those of the index and of [`LearnedWeight::shares`].
    pub fn shares(&self, queries: &HybridEncoding) -> Result<Vec<f32>, Error> {
        let depth = self.weight.config().depth;
        let pass = self.weight.needs_pass().then(|| BothLists::of_halves(self.index, queries, depth));
        self.weight.shares(queries, pass.transpose()?.as_ref())
    }
}

impl Searcher<HybridEncoding> for LearnedHybrid<'_> {
    fn search(&self, queries: &HybridEncoding, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        self.index.search(&queries.weighted(&self.shares(queries)?)?, k)
    }
}

impl BothLists {
    /// Searches one index twice for `depth` hits of each query: once with the dense half of the queries, and once with the
    /// lexical half times the index's `α`.
    ///
    /// # Errors
    /// Those of the index.
    pub fn of_halves(index: &HybridIndex, queries: &HybridEncoding, depth: usize) -> Result<Self, Error> {
        let half = |share: f32| index.search(&queries.weighted(&vec![share; queries.rows()])?, depth);
        Self::new(half(0.0)?, half(1.0)?)
    }
}
