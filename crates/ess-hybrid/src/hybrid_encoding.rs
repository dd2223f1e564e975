//! A dense and a lexical encoding of the same queries.

use ess_core::{Embeddings, Encoding, Error};
use ess_lexical::SparseVectors;

/// `n` queries encoded twice: by meaning (`n × d`, dense) and by words (`n` sparse vectors).
///
/// ```
/// use ess_core::{Embeddings, Encoding};
/// use ess_hybrid::HybridEncoding;
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
