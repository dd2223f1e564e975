//! Two searchers asked, one answer.

use ess_core::{Embeddings, Error, Hit, Searcher};
use ess_lexical::SparseVectors;

use crate::{Combination, HybridEncoding};

/// Asks a dense and a lexical searcher for `depth` hits each and combines them.
///
/// ```
/// use ess_core::{Embeddings, Identity, IndexSearcher, Searcher};
/// use ess_searchers::{Combination, FusedSearcher, HybridEncoding};
/// use ess_index::FlatIndex;
/// use ess_lexical::{SparseIndex, SparseVectors};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let dense = IndexSearcher::new(Identity::new(2), FlatIndex::new(items)?)?;
/// let words = SparseIndex::new(&SparseVectors::new(2, &[vec![], vec![(0, 2.0)]])?);
/// let searcher = FusedSearcher::new(dense, words, Combination::MinMax { weight: 0.9 }, 2)?;
/// let query = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0]])?,
///     SparseVectors::new(2, &[vec![(0, 1.0)]])?,
/// )?;
/// assert_eq!(searcher.search(&query, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FusedSearcher<D, W> {
    dense: D,
    words: W,
    combination: Combination,
    depth: usize,
}

impl<D, W> FusedSearcher<D, W> {
    /// Combines `depth` hits of each; more when more are asked for.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a depth of 0 or a combination with a setting outside its range.
    pub fn new(dense: D, words: W, combination: Combination, depth: usize) -> Result<Self, Error> {
        combination.check()?;
        if depth == 0 {
            let (name, expected) = ("depth of a fused search", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: "0".to_owned() });
        }
        Ok(Self { dense, words, combination, depth })
    }
}

impl<D: Searcher<Embeddings>, W: Searcher<SparseVectors>> Searcher<HybridEncoding> for FusedSearcher<D, W> {
    /// As [`Searcher::search`]; both searchers must have at least as many items as `max(k, depth)`.
    fn search(&self, queries: &HybridEncoding, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let depth = self.depth.max(k);
        let dense = self.dense.search(queries.dense(), depth)?;
        let words = self.words.search(queries.words(), depth)?;
        Ok(dense.iter().zip(&words).map(|(dense, words)| self.combination.combine(dense, words, k)).collect())
    }
}
