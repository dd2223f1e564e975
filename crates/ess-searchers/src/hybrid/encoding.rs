//! A dense and a lexical encoding of the same queries.

use ess_core::{Embeddings, Encoding, Error};
use ess_lexical::SparseVectors;

/// `n` queries encoded twice: as dense vectors (`n × d`) and as lexical ones (`n` sparse vectors).
///
/// ```
/// use ess_core::{Embeddings, Encoding};
/// use ess_searchers::HybridEncoding;
/// use ess_lexical::SparseVectors;
///
/// let dense = Embeddings::from_rows(&[[1.0, 0.0]])?;
/// let lexical = SparseVectors::new(9, &[vec![(3, 1.0)]])?;
/// assert_eq!(HybridEncoding::new(dense, lexical)?.rows(), 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HybridEncoding {
    dense: Embeddings,
    lexical: SparseVectors,
}

impl HybridEncoding {
    /// Both encodings of the same queries, in the same order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the numbers of queries differ.
    pub fn new(dense: Embeddings, lexical: SparseVectors) -> Result<Self, Error> {
        let (expected, found) = (dense.len(), lexical.rows());
        if expected != found {
            return Err(Error::LengthMismatch { what: "lexical encodings of queries", expected, found });
        }
        Ok(Self { dense, lexical })
    }

    /// Scales each query: its lexical part by `share`, its dense part by `1 − share`. `shares` has `n` numbers from 0 to 1.
    ///
    /// The inner product with concatenated items is then `(1 − share) ⟨q, d⟩ + share ⟨q_lex, d_lex⟩`. So one
    /// [`HybridIndex`](crate::HybridIndex) with `α = 1` answers every query with a share of its own.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is one share for each query, [`Error::InvalidParameter`] for one outside 0 to 1.
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
        let mut lexical = Vec::with_capacity(expected);
        for (row, (mut dense, share)) in dense.rows_mut().into_iter().zip(shares).enumerate() {
            dense.mapv_inplace(|value| (1.0 - share) * value);
            lexical.push(self.lexical.row(row).map(|(index, value)| (index, share * value)).collect());
        }
        Self::new(Embeddings::new(dense)?, SparseVectors::new(self.lexical.dim(), &lexical)?)
    }

    /// The dense part, `n × d`.
    pub fn dense(&self) -> &Embeddings {
        &self.dense
    }

    /// The lexical part, `n` sparse vectors.
    #[doc(alias = "words")]
    pub fn lexical(&self) -> &SparseVectors {
        &self.lexical
    }
}

impl Encoding for HybridEncoding {
    fn rows(&self) -> usize {
        self.dense.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        Ok(Self { dense: self.dense.select(rows)?, lexical: self.lexical.select_rows(rows)? })
    }
}
