//! Queries as a chosen searching operation reads them.

use ess_core::{Embeddings, Encoding, Error, TokenStates};
use ess_lexical::SparseVectors;

use super::{
    further_queries::{self, Further, FurtherQueries, insert_once},
    item_scores::ItemScores,
};

/// `n` queries as embeddings (`n × d`) and, where there are texts, as sparse vectors of their terms; perhaps as the states of their
/// tokens, and by further encoders, too.
///
/// Queries with a lexical encoding are searched by the hybrid choice, those without by the dense one.
///
/// ```
/// use ess_auto::AutoQueries;
/// use ess_core::{Embeddings, Encoding};
/// use ess_lexical::SparseVectors;
///
/// let queries = AutoQueries::new(Embeddings::from_rows(&[[1.0, 0.0]])?);
/// let queries = queries.with_lexical(SparseVectors::new(9, &[vec![(3, 1.0)]])?)?;
/// assert!(queries.rows() == 1 && queries.lexical().is_some() && queries.tokens().is_none());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AutoQueries {
    dense: Embeddings,
    lexical: Option<SparseVectors>,
    tokens: Option<TokenStates>,
    left_out: Vec<Option<usize>>,
    pub(crate) further: Further,
}

impl AutoQueries {
    /// Queries as embeddings alone.
    pub fn new(dense: Embeddings) -> Self {
        Self { dense, lexical: None, tokens: None, left_out: Vec::new(), further: Further::new() }
    }

    /// Adds the lexical encodings of the same queries, as the collection's lexical encoder counts their terms:
    /// [`Collection::encode`](crate::Collection::encode) does.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    #[doc(alias = "with_words")]
    pub fn with_lexical(self, lexical: SparseVectors) -> Result<Self, Error> {
        check_len("lexical encodings of queries", self.rows(), lexical.rows())?;
        Ok(Self { lexical: Some(lexical), ..self })
    }

    /// Adds the token states of the same queries; their embeddings are not looked at.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    pub fn with_tokens(self, tokens: TokenStates) -> Result<Self, Error> {
        check_len("queries with token states", self.rows(), tokens.rows())?;
        Ok(Self { tokens: Some(tokens), ..self })
    }

    /// Adds the same queries by another encoder (`n × d` of whatever dimension), under the name that it was chosen with.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another, [`Error::InvalidParameter`] for a name that is given twice.
    pub fn with_encoding(self, name: &str, queries: Embeddings) -> Result<Self, Error> {
        self.with_further(name, FurtherQueries::Dense(queries))
    }

    /// Adds the same queries as sparse vectors by a learned sparse encoder, under the name that it was chosen with.
    ///
    /// # Errors
    /// Those of [`AutoQueries::with_encoding`].
    pub fn with_sparse_encoding(self, name: &str, queries: SparseVectors) -> Result<Self, Error> {
        self.with_further(name, FurtherQueries::Sparse(queries))
    }

    /// Adds what another system scores of its first items for the same queries, under the name that it was chosen with: rows of
    /// items with their scores, the larger the better.
    ///
    /// # Errors
    /// Those of [`AutoQueries::with_encoding`]; [`Error::NonFinite`] for a score that is no number,
    /// [`Error::InvalidParameter`] for an item that stands twice for a query.
    pub fn with_scores(self, name: &str, scores: Vec<Vec<(usize, f32)>>) -> Result<Self, Error> {
        self.with_further(name, FurtherQueries::Scores(ItemScores::new(scores)?))
    }

    /// Adds what an encoder or a system of any kind says of the same queries, under the name that it was chosen with.
    ///
    /// # Errors
    /// Those of [`AutoQueries::with_encoding`].
    pub fn with_further(mut self, name: &str, queries: FurtherQueries) -> Result<Self, Error> {
        check_len("queries by a further encoder", self.rows(), queries.rows())?;
        insert_once(&mut self.further, name, queries)?;
        Ok(self)
    }

    /// Adds for each query the row of the item that is left out of its ranking, as its own item is where queries are items
    /// too. Neither pass looks at it.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when their number is another.
    pub fn with_left_out(self, items: Vec<Option<usize>>) -> Result<Self, Error> {
        check_len("items left out of rankings", self.rows(), items.len())?;
        Ok(Self { left_out: items, ..self })
    }

    /// The embeddings, `n × d`.
    pub fn dense(&self) -> &Embeddings {
        &self.dense
    }

    /// The lexical encodings, where there are some.
    #[doc(alias = "words")]
    pub fn lexical(&self) -> Option<&SparseVectors> {
        self.lexical.as_ref()
    }

    /// The row of the item that is left out of each query's ranking; empty where none was given.
    pub fn left_out(&self) -> &[Option<usize>] {
        &self.left_out
    }

    /// The states of the tokens, where there are some.
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
            lexical: self.lexical.as_ref().map(|lexical| lexical.select_rows(rows)).transpose()?,
            tokens: self.tokens.as_ref().map(|tokens| tokens.select_rows(rows)).transpose()?,
            left_out: match &self.left_out[..] {
                [] => Vec::new(),
                items => rows.iter().map(|&row| items[row]).collect(),
            },
            further: further_queries::select(&self.further, rows)?,
        })
    }
}

pub(crate) fn check_len(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::LengthMismatch { what, expected, found }) }
}
