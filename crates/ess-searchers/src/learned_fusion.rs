//! Two searchers asked, and their answers weighted by query.

use ess_core::{Embeddings, Error, Hit, Searcher};
use ess_lexical::SparseVectors;

use crate::{BothLists, HybridEncoding, LearnedWeight};

/// A fusion of two searchers with a [`LearnedWeight`]: two index calls, since what is combined is what was found.
///
/// For [`Combination::Raw`](crate::Combination::Raw) see [`LearnedHybrid`](crate::LearnedHybrid), which is exact and asks
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
/// let words = SparseIndex::new(&SparseVectors::new(2, &[vec![(1, 1.0)], vec![(0, 2.0)]])?);
/// let query = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0]])?,
///     SparseVectors::new(2, &[vec![(0, 1.0)]])?,
/// )?;
/// let pass = BothLists::search(&dense, &words, &query, 2)?;
/// let combination = Combination::MinMax { weight: 0.5 };
/// let relevant = [vec![(1, 1.0)]];
/// let weight = LearnedWeight::fit(&WeightConfig::constant(), combination, &query, &pass, &relevant)?;
/// let searcher = LearnedFusion::new(dense, words, weight, 2)?;
/// assert_eq!(searcher.search(&query, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LearnedFusion<D, W> {
    dense: D,
    words: W,
    weight: LearnedWeight,
    depth: usize,
}

impl<D, W> LearnedFusion<D, W> {
    /// Combines `depth` hits of each, best as many as the weight was fitted to; more when more are asked for.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a depth of 0.
    pub fn new(dense: D, words: W, weight: LearnedWeight, depth: usize) -> Result<Self, Error> {
        if depth == 0 {
            let (name, expected) = ("depth of a fused search", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: "0".to_owned() });
        }
        Ok(Self { dense, words, weight, depth })
    }
}

impl<D: Searcher<Embeddings>, W: Searcher<SparseVectors>> Searcher<HybridEncoding> for LearnedFusion<D, W> {
    /// As [`Searcher::search`]; both searchers must have at least as many items as `max(k, depth)`.
    fn search(&self, queries: &HybridEncoding, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let pass = BothLists::search(&self.dense, &self.words, queries, self.depth.max(k))?;
        let shares = self.weight.shares(queries, Some(&pass))?;
        pass.combine(self.weight.combination(), &shares, k)
    }
}
