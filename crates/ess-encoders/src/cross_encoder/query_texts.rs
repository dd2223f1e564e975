//! Encoded queries that keep their texts, for searchers that read them again.

use ess_core::{Encoding, Error, QueryEncoder};

/// Encoded queries, `n` of them, beside their texts.
#[derive(Clone, Debug)]
pub struct QueryTexts<E> {
    encoding: E,
    texts: Vec<String>,
}

impl<E: Encoding> QueryTexts<E> {
    /// An encoding and the text of each of its rows.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for more or fewer texts than rows.
    pub fn new(encoding: E, texts: Vec<String>) -> Result<Self, Error> {
        let (expected, found) = (encoding.rows(), texts.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "texts of encoded queries", expected, found });
        }
        Ok(Self { encoding, texts })
    }

    /// The encoding.
    pub fn encoding(&self) -> &E {
        &self.encoding
    }

    /// The text of each row.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

impl<E: Encoding> Encoding for QueryTexts<E> {
    fn rows(&self) -> usize {
        self.encoding.rows()
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        let encoding = self.encoding.select_rows(rows)?;
        Ok(Self { encoding, texts: rows.iter().map(|&row| self.texts[row].clone()).collect() })
    }
}

/// A query encoder of texts whose encodings keep them.
#[derive(Clone, Debug)]
pub struct WithQueryTexts<Q>(pub Q);

impl<Q: QueryEncoder<Query = str>> QueryEncoder for WithQueryTexts<Q> {
    type Query = str;
    type Encoding = QueryTexts<Q::Encoding>;

    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Self::Encoding, Error> {
        let texts = queries.iter().map(|&query| query.to_owned()).collect();
        QueryTexts::new(self.0.encode_queries(queries)?, texts)
    }
}
