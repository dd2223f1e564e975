//! A dense and a lexical searcher, and their hits combined.

use ess_core::{Embeddings, Error, Hit, Searcher};
use ess_lexical::SparseVectors;

use super::{combination::Combination, depth::Depth};
use crate::hybrid::HybridEncoding;

/// Searches with a dense and with a lexical searcher for `depth` hits each, and combines the two lists.
///
/// ```
/// use ess_core::{Embeddings, Identity, IndexSearcher, Searcher};
/// use ess_searchers::{Combination, FusedSearcher, HybridEncoding};
/// use ess_index::FlatIndex;
/// use ess_lexical::{SparseIndex, SparseVectors};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let dense = IndexSearcher::new(Identity::new(2), FlatIndex::new(items)?)?;
/// let lexical = SparseIndex::new(&SparseVectors::new(2, &[vec![], vec![(0, 2.0)]])?);
/// let searcher = FusedSearcher::new(dense, lexical, Combination::MinMax { weight: 0.9 }, 2)?;
/// let query = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0]])?,
///     SparseVectors::new(2, &[vec![(0, 1.0)]])?,
/// )?;
/// assert_eq!(searcher.search(&query, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FusedSearcher<D, L> {
    dense: D,
    lexical: L,
    combination: Combination,
    depth: Depth,
}

impl<D, L> FusedSearcher<D, L> {
    /// Combines `max(depth, k)` hits of each searcher.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a depth of 0 or a combination with a setting outside its range.
    pub fn new(dense: D, lexical: L, combination: Combination, depth: usize) -> Result<Self, Error> {
        combination.check()?;
        Ok(Self { dense, lexical, combination, depth: Depth::new(depth)? })
    }
}

impl<D: Searcher<Embeddings>, L: Searcher<SparseVectors>> Searcher<HybridEncoding> for FusedSearcher<D, L> {
    /// As [`Searcher::search`]. Each searcher is asked for `max(k, depth)` hits.
    fn search(&self, queries: &HybridEncoding, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let depth = self.depth.for_hits(k);
        let dense = self.dense.search(queries.dense(), depth)?;
        let lexical = self.lexical.search(queries.lexical(), depth)?;
        Ok(dense
            .iter()
            .zip(&lexical)
            .map(|(dense, lexical)| self.combination.combine(dense, lexical, k))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use ess_core::{Identity, IndexSearcher};
    use ess_index::FlatIndex;
    use ess_lexical::SparseIndex;

    use super::*;

    #[test]
    fn no_hits_are_refused_and_a_k_beyond_the_items_finds_them_all() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]).unwrap();
        let dense =
            IndexSearcher::new::<Embeddings>(Identity::new(2), FlatIndex::new(items).unwrap()).unwrap();
        let words = [vec![], vec![(0, 2.0)], vec![(1, 1.0)]];
        let lexical = SparseIndex::new(&SparseVectors::new(2, &words).unwrap());
        let searcher = FusedSearcher::new(dense, lexical, Combination::default(), 2).unwrap();
        let query = SparseVectors::new(2, &[vec![(0, 1.0)]]).unwrap();
        let query = HybridEncoding::new(Embeddings::from_rows(&[[1.0, 0.0]]).unwrap(), query).unwrap();
        let refused = searcher.search(&query, 0);
        assert!(matches!(refused, Err(Error::KOutOfRange { k: 0, len: 3 })), "{refused:?}");
        assert_eq!(searcher.search(&query, usize::MAX).unwrap()[0].len(), 3);
    }
}
