//! A dense and a lexical encoding of the same queries.

use ess_core::{Embeddings, Encoding, Error};
use ess_lexical::SparseVectors;

/// `n` queries encoded twice: by meaning (`n × d`, dense) and by words (`n` sparse vectors).
///
/// ```
/// use ess_core::{Embeddings, Encoding};
/// use ess_searchers::HybridEncoding;
/// use ess_lexical::SparseVectors;
///
/// let dense = Embeddings::from_rows(&[[1.0, 0.0]])?;
/// let words = SparseVectors::new(9, &[vec![(3, 1.0)]])?;
/// assert_eq!(HybridEncoding::new(dense, words)?.rows(), 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HybridEncoding {
    dense: Embeddings,
    words: SparseVectors,
}

impl HybridEncoding {
    /// Takes both encodings of the same queries in the same order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their numbers differ.
    pub fn new(dense: Embeddings, words: SparseVectors) -> Result<Self, Error> {
        let (expected, found) = (dense.len(), words.rows());
        if expected != found {
            return Err(Error::LengthMismatch { what: "lexical encodings of queries", expected, found });
        }
        Ok(Self { dense, words })
    }

    /// Both parts scaled by query: the lexical part by its share (`n` numbers from 0 to 1), the dense part by the rest.
    ///
    /// The inner product with concatenated items is then `(1 − share) ⟨q, d⟩ + share ⟨q_words, d_words⟩`: one index with
    /// one weight for all, [`HybridIndex`](crate::HybridIndex) with `α = 1`, answers each query with its own share.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is one share a query, [`Error::InvalidParameter`] for one outside 0 to 1.
    pub fn weighted(&self, shares: &[f32]) -> Result<Self, Error> {
        let (expected, found) = (self.rows(), shares.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "shares of queries", expected, found });
        }
        if let Some(share) = shares.iter().find(|share| !(0.0..=1.0).contains(*share)) {
            let (name, expected) = ("share of the lexical part", "a number from 0 to 1");
            return Err(Error::InvalidParameter { name, expected, found: share.to_string() });
        }
        let mut dense = self.dense.view().to_owned();
        let mut words = Vec::with_capacity(expected);
        for (row, (mut dense, share)) in dense.rows_mut().into_iter().zip(shares).enumerate() {
            dense.mapv_inplace(|value| (1.0 - share) * value);
            words.push(self.words.row(row).map(|(place, value)| (place, share * value)).collect());
        }
        Self::new(Embeddings::new(dense)?, SparseVectors::new(self.words.dim(), &words)?)
    }

    /// The dense part, `n × d`.
    pub fn dense(&self) -> &Embeddings {
        &self.dense
    }

    /// The lexical part.
    pub fn words(&self) -> &SparseVectors {
        &self.words
    }
}

impl Encoding for HybridEncoding {
    fn rows(&self) -> usize {
        self.dense.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        Ok(Self { dense: self.dense.select(rows)?, words: self.words.select_rows(rows)? })
    }
}
