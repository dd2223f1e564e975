//! The hits of a dense and of a lexical searcher for the same queries.

use ess_core::{Embeddings, Error, Hit, Searcher};
use ess_lexical::SparseVectors;

use super::combination::Combination;
use crate::hybrid::HybridEncoding;

/// The hits of a dense and of a lexical searcher for `n` queries, each list most similar first.
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::{Combination, BothLists};
///
/// let pass = BothLists::new(vec![vec![Hit::new(0, 0.9), Hit::new(1, 0.1)]], vec![vec![Hit::new(1, 7.0)]])?;
/// let hits = pass.combine(Combination::MinMax { weight: 0.5 }, &[0.8], 1)?;
/// assert_eq!(hits[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BothLists {
    dense: Vec<Vec<Hit>>,
    lexical: Vec<Vec<Hit>>,
}

impl BothLists {
    /// The lists of both searchers, for the same queries in the same order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the numbers of queries differ, [`Error::Empty`] without a query, [`Error::NonFinite`] for a
    /// similarity that is NaN or infinite (row: the query, column: the rank from 0).
    pub fn new(dense: Vec<Vec<Hit>>, lexical: Vec<Vec<Hit>>) -> Result<Self, Error> {
        let (what, expected, found) = ("lists of hits of the lexical searcher", dense.len(), lexical.len());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
        if dense.is_empty() {
            return Err(Error::Empty { what: "queries of two searchers" });
        }
        for (what, lists) in
            [("hits of the dense searcher", &dense), ("hits of the lexical searcher", &lexical)]
        {
            for (row, hits) in lists.iter().enumerate() {
                if let Some(column) = hits.iter().position(|hit| !hit.similarity.is_finite()) {
                    let value = hits[column].similarity;
                    return Err(Error::NonFinite { what, row, column, value });
                }
            }
        }
        Ok(Self { dense, lexical })
    }

    /// Searches both for `depth` hits of each query.
    ///
    /// # Errors
    /// Those of the searchers and of [`BothLists::new`].
    pub fn search(
        dense: &impl Searcher<Embeddings>,
        lexical: &impl Searcher<SparseVectors>,
        queries: &HybridEncoding,
        depth: usize,
    ) -> Result<Self, Error> {
        Self::new(dense.search(queries.dense(), depth)?, lexical.search(queries.lexical(), depth)?)
    }

    /// The number of queries, `n`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.dense.len()
    }

    /// The hits of the dense searcher, a list for each query.
    pub fn dense(&self) -> &[Vec<Hit>] {
        &self.dense
    }

    /// The hits of the lexical searcher, a list for each query.
    #[doc(alias = "words")]
    pub fn lexical(&self) -> &[Vec<Hit>] {
        &self.lexical
    }

    /// The lists of these queries, in the order given. A query may be given twice.
    ///
    /// # Errors
    /// [`Error::RowOutOfRange`] for a query beyond the end, [`Error::Empty`] for no query.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        let (what, len) = ("queries of two searchers", self.len());
        if let Some(&row) = rows.iter().find(|row| **row >= len) {
            return Err(Error::RowOutOfRange { what, row, len });
        }
        let of = |lists: &[Vec<Hit>]| rows.iter().map(|&row| lists[row].clone()).collect();
        Self::new(of(&self.dense), of(&self.lexical))
    }

    /// The `k` best hits of each query after its two lists are combined. `shares` has the weight of the lexical list for each
    /// query.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is one share for each query, [`Error::InvalidParameter`] for a share outside 0 to 1,
    /// [`Error::KOutOfRange`] for `k = 0`.
    pub fn combine(
        &self,
        combination: Combination,
        shares: &[f32],
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let (expected, found) = (self.len(), shares.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "shares of queries", expected, found });
        }
        Error::check_k(k, self.dense.iter().chain(&self.lexical).map(Vec::len).max().unwrap_or_default())?;
        let one = |((dense, lexical), share): ((&Vec<Hit>, &Vec<Hit>), &f32)| {
            let combination = combination.with_weight(*share);
            combination.check()?;
            Ok(combination.combine(dense, lexical, k))
        };
        self.dense.iter().zip(&self.lexical).zip(shares).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_shares_that_do_not_fit_are_refused() {
        let hit = || vec![Hit::new(0, 1.0)];
        assert!(matches!(BothLists::new(vec![hit()], vec![]), Err(Error::LengthMismatch { .. })));
        assert!(matches!(BothLists::new(vec![], vec![]), Err(Error::Empty { .. })));
        let nan = vec![hit(), vec![Hit::new(0, 1.0), Hit::new(1, f32::NAN)]];
        let found = BothLists::new(vec![hit(), hit()], nan);
        assert!(matches!(found, Err(Error::NonFinite { row: 1, column: 1, .. })));
        let pass = BothLists::new(vec![hit()], vec![hit()]).unwrap();
        let combine = |shares: &[f32]| pass.combine(Combination::default(), shares, 1);
        assert!(matches!(combine(&[0.5, 0.5]), Err(Error::LengthMismatch { .. })));
        assert!(matches!(combine(&[1.5]), Err(Error::InvalidParameter { .. })));
        let none = pass.combine(Combination::default(), &[0.5], 0);
        assert!(matches!(none, Err(Error::KOutOfRange { k: 0, len: 1 })));
        assert!(matches!(pass.select(&[1]), Err(Error::RowOutOfRange { row: 1, len: 1, .. })));
        assert!(matches!(pass.select(&[]), Err(Error::Empty { .. })));
    }
}
