//! Two searchers, and their hits combined with a weight of each query's own.

use ess_core::{Embeddings, Error, Hit, Searcher};
use ess_lexical::SparseVectors;

use super::weight::LearnedWeight;
use crate::fusion::{BothLists, depth::Depth};
use crate::hybrid::HybridEncoding;

/// A fusion of two searchers with a [`LearnedWeight`]. It calls both searchers, since it combines their hits.
///
/// For [`Combination::Raw`](crate::Combination::Raw) see [`LearnedHybrid`](crate::LearnedHybrid), which is exact and searches
/// one index.
///
/// ```
/// use ess_core::{Embeddings, Identity, IndexSearcher, Searcher};
/// use ess_searchers::{Combination, BothLists, HybridEncoding, LearnedFusion, LearnedWeight, WeightConfig};
/// use ess_index::FlatIndex;
/// use ess_lexical::{SparseIndex, SparseVectors};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?;
/// let dense = IndexSearcher::new(Identity::new(2), FlatIndex::new(items)?)?;
/// let lexical = SparseIndex::new(&SparseVectors::new(2, &[vec![(1, 1.0)], vec![(0, 2.0)]])?);
/// let query = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0]])?,
///     SparseVectors::new(2, &[vec![(0, 1.0)]])?,
/// )?;
/// let pass = BothLists::search(&dense, &lexical, &query, 2)?;
/// let combination = Combination::MinMax { weight: 0.5 };
/// let relevant = [vec![(1, 1.0)]];
/// let weight = LearnedWeight::fit(&WeightConfig::constant(), combination, &query, &pass, &relevant)?;
/// let searcher = LearnedFusion::new(dense, lexical, weight, 2)?;
/// assert_eq!(searcher.search(&query, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LearnedFusion<D, L> {
    dense: D,
    lexical: L,
    weight: LearnedWeight,
    depth: Depth,
}

impl<D, L> LearnedFusion<D, L> {
    /// Combines `max(depth, k)` hits of each searcher. Take the depth that the weight was fitted to.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a depth of 0.
    pub fn new(dense: D, lexical: L, weight: LearnedWeight, depth: usize) -> Result<Self, Error> {
        Ok(Self { dense, lexical, weight, depth: Depth::new(depth)? })
    }
}

impl<D: Searcher<Embeddings>, L: Searcher<SparseVectors>> Searcher<HybridEncoding> for LearnedFusion<D, L> {
    /// As [`Searcher::search`]. Each searcher is asked for `max(k, depth)` hits.
    fn search(&self, queries: &HybridEncoding, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let pass = BothLists::search(&self.dense, &self.lexical, queries, self.depth.for_hits(k))?;
        let shares = self.weight.shares(queries, Some(&pass))?;
        pass.combine(self.weight.combination(), &shares, k)
    }
}
