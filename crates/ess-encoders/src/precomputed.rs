//! Embeddings that were computed before, by id.

use std::sync::Arc;

use ess_core::{Embeddings, Error, Ids, ItemEncoder, QueryEncoder};

type Lookup = dyn Fn(&[&str]) -> Result<Embeddings, Error> + Send + Sync;

/// An encoder whose inputs are ids and whose embeddings were computed elsewhere, of any modality.
///
/// ```
/// use ess_core::{Embeddings, Ids, ItemEncoder};
/// use ess_encoders::PrecomputedEncoder;
///
/// let ids = Ids::new(vec!["cat.jpg".into(), "dog.jpg".into()])?;
/// let encoder = PrecomputedEncoder::new(ids, Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?;
/// assert_eq!(encoder.encode_items(&["dog.jpg"])?.row(0), &[0.0, 1.0]);
/// assert!(encoder.encode_items(&["cow.jpg"]).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone)]
pub struct PrecomputedEncoder {
    dim: usize,
    lookup: Arc<Lookup>,
}

impl PrecomputedEncoder {
    /// The embedding of `ids[i]` is row `i`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there are not as many rows as ids.
    pub fn new(ids: Ids, embeddings: Embeddings) -> Result<Self, Error> {
        if ids.len() != embeddings.len() {
            let (what, expected, found) = ("precomputed embeddings", ids.len(), embeddings.len());
            return Err(Error::LengthMismatch { what, expected, found });
        }
        Ok(Self::from_lookup(embeddings.dim(), move |wanted| {
            let rows = wanted.iter().map(|id| ids.row(id)).collect::<Result<Vec<_>, _>>()?;
            embeddings.select(&rows)
        }))
    }

    /// Asks `lookup` for the embeddings (`n × dim`) of `n` ids, in order: for a store that is not held in memory.
    pub fn from_lookup(
        dim: usize,
        lookup: impl Fn(&[&str]) -> Result<Embeddings, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { dim, lookup: Arc::new(lookup) }
    }

    fn encode(&self, ids: &[&str]) -> Result<Embeddings, Error> {
        if ids.is_empty() {
            return Err(Error::Empty { what: "ids to encode" });
        }
        let embeddings = (self.lookup)(ids)?;
        Error::check_dim("precomputed embeddings", self.dim, embeddings.dim())?;
        if embeddings.len() != ids.len() {
            let (what, expected, found) = ("precomputed embeddings", ids.len(), embeddings.len());
            return Err(Error::LengthMismatch { what, expected, found });
        }
        Ok(embeddings)
    }
}

impl QueryEncoder for PrecomputedEncoder {
    type Query = str;
    type Encoding = Embeddings;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_queries(&self, queries: &[&str]) -> Result<Embeddings, Error> {
        self.encode(queries)
    }
}

impl ItemEncoder for PrecomputedEncoder {
    type Item = str;

    fn dim(&self) -> usize {
        self.dim
    }

    fn encode_items(&self, items: &[&str]) -> Result<Embeddings, Error> {
        self.encode(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_answers_wrongly_is_refused() {
        let one = || Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
        let encoder = PrecomputedEncoder::from_lookup(2, move |_| Ok(one()));
        assert!(encoder.encode_queries(&["a"]).is_ok());
        let (expected, found) = (2, 1);
        let twice = encoder.encode_queries(&["a", "b"]);
        assert!(
            matches!(twice, Err(Error::LengthMismatch { expected: e, found: f, .. }) if (e, f) == (expected, found))
        );
        let encoder = PrecomputedEncoder::from_lookup(3, move |_| Ok(one()));
        assert!(matches!(encoder.encode_items(&["a"]), Err(Error::DimensionMismatch { .. })));
        assert!(matches!(encoder.encode_items(&[]), Err(Error::Empty { .. })));
    }

    #[test]
    fn ids_and_rows_must_be_as_many() {
        let ids = Ids::new(vec!["a".into(), "b".into()]).unwrap();
        let rows = Embeddings::from_rows(&[[1.0]]).unwrap();
        assert!(matches!(PrecomputedEncoder::new(ids, rows), Err(Error::LengthMismatch { .. })));
    }
}
