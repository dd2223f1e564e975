//! Queries as a chosen searching operation reads them.

use ess_core::{Embeddings, Encoding, Error, TokenStates};
use ess_lexical::SparseVectors;

/// `n` queries by embedding (`n × d`) and, where there are texts, by words; perhaps by the states of their tokens too.
///
/// With words they are searched by the hybrid choice, without by the dense one.
///
/// ```
/// use ess_auto::AutoQueries;
/// use ess_core::{Embeddings, Encoding};
/// use ess_lexical::SparseVectors;
///
/// let queries = AutoQueries::new(Embeddings::from_rows(&[[1.0, 0.0]])?);
/// let queries = queries.with_words(SparseVectors::new(9, &[vec![(3, 1.0)]])?)?;
/// assert!(queries.rows() == 1 && queries.words().is_some() && queries.tokens().is_none());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AutoQueries {
    dense: Embeddings,
    words: Option<SparseVectors>,
    tokens: Option<TokenStates>,
}

impl AutoQueries {
    /// Queries by embedding alone.
    pub fn new(dense: Embeddings) -> Self {
        Self { dense, words: None, tokens: None }
    }

    /// Adds the words of the same queries, as the collection's lexical encoder counts them:
    /// [`Collection::encode`](crate::Collection::encode) does.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    pub fn with_words(self, words: SparseVectors) -> Result<Self, Error> {
        check_len("lexical encodings of queries", self.rows(), words.rows())?;
        Ok(Self { words: Some(words), ..self })
    }

    /// Adds the token states of the same queries; their embeddings are not looked at.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    pub fn with_tokens(self, tokens: TokenStates) -> Result<Self, Error> {
        check_len("queries with token states", self.rows(), tokens.rows())?;
        Ok(Self { tokens: Some(tokens), ..self })
    }

    /// By embedding, `n × d`.
    pub fn dense(&self) -> &Embeddings {
        &self.dense
    }

    /// By words.
    pub fn words(&self) -> Option<&SparseVectors> {
        self.words.as_ref()
    }

    /// By tokens.
    pub fn tokens(&self) -> Option<&TokenStates> {
        self.tokens.as_ref()
    }
}

impl Encoding for AutoQueries {
    fn rows(&self) -> usize {
        self.dense.len()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        Ok(Self {
            dense: self.dense.select(rows)?,
            words: self.words.as_ref().map(|words| words.select_rows(rows)).transpose()?,
            tokens: self.tokens.as_ref().map(|tokens| tokens.select_rows(rows)).transpose()?,
        })
    }
}

pub(crate) fn check_len(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::LengthMismatch { what, expected, found }) }
}
