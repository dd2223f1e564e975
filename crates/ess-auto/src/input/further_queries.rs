//! Queries by a further encoder.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Encoding, Error};
use ess_lexical::SparseVectors;

use super::{encoding_kind::EncodingKind, item_scores::ItemScores};

/// What an encoder beside the frozen one, or another system, says of `n` queries: what `with_further` of
/// [`TrainingQueries`](crate::TrainingQueries) and of [`AutoQueries`](crate::AutoQueries) takes, where its kind is known as the
/// program runs.
///
/// ```
/// use ess_auto::{AutoQueries, FurtherQueries, ItemScores};
/// use ess_core::Embeddings;
///
/// let vectors = || Embeddings::from_rows(&[[1.0, 0.0]]);
/// let scores = ItemScores::new(vec![vec![(7, 0.9), (2, 0.4)]])?;
/// let mut queries = AutoQueries::new(vectors()?);
/// for (name, said) in [("other", FurtherQueries::Dense(vectors()?)), ("reranker", FurtherQueries::Scores(scores))] {
///     queries = queries.with_further(name, said)?;
/// }
/// // A name is given once.
/// assert!(queries.with_encoding("other", vectors()?).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FurtherQueries {
    /// `n × d`, of whatever dimension.
    Dense(Embeddings),
    /// `n` sparse vectors.
    Sparse(SparseVectors),
    /// What another system scores of its first items, of `n` queries.
    Scores(ItemScores),
}

impl FurtherQueries {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense(queries) => queries.len(),
            Self::Sparse(queries) => queries.rows(),
            Self::Scores(scores) => scores.rows(),
        }
    }

    pub(crate) fn kind(&self) -> EncodingKind {
        match self {
            Self::Dense(queries) => EncodingKind::Embeddings(queries.dim()),
            Self::Sparse(queries) => EncodingKind::Sparse(queries.dim()),
            Self::Scores(_) => EncodingKind::Scores,
        }
    }

    fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        Ok(match self {
            Self::Dense(queries) => Self::Dense(queries.select(rows)?),
            Self::Sparse(queries) => Self::Sparse(queries.select_rows(rows)?),
            Self::Scores(scores) => Self::Scores(scores.select(rows)?),
        })
    }

    /// These and then the others, of the same kind.
    fn join(&self, other: &Self) -> Result<Self, Error> {
        const WHAT: &str = "dev queries by a further encoder";
        match (self, other) {
            (Self::Dense(these), Self::Dense(those)) => {
                Error::check_dim(WHAT, these.dim(), those.dim())?;
                let values = [these.as_slice(), those.as_slice()].concat();
                Ok(Self::Dense(Embeddings::from_vec(values, these.dim())?))
            }
            (Self::Sparse(these), Self::Sparse(those)) => {
                Error::check_dim(WHAT, these.dim(), those.dim())?;
                let rows = |of: &SparseVectors| -> Vec<Vec<(u32, f32)>> {
                    (0..of.rows()).map(|row| of.row(row).collect()).collect()
                };
                Ok(Self::Sparse(SparseVectors::new(these.dim(), &[rows(these), rows(those)].concat())?))
            }
            (Self::Scores(these), Self::Scores(those)) => Ok(Self::Scores(these.join(those))),
            _ => {
                let (expected, found) = ("of the kind of the training queries", other.kind().to_string());
                Err(Error::InvalidParameter { name: WHAT, expected, found })
            }
        }
    }
}

/// Queries by each further encoder, by its name.
pub(crate) type Further = BTreeMap<String, FurtherQueries>;

/// Some rows of all.
pub(crate) fn select(further: &Further, rows: &[usize]) -> Result<Further, Error> {
    further.iter().map(|(name, queries)| Ok((name.clone(), queries.select(rows)?))).collect()
}

/// The queries of both, by those encoders that both have.
pub(crate) fn join(these: &Further, those: &Further) -> Result<Further, Error> {
    let both = these.iter().filter_map(|(name, queries)| Some((name, queries, those.get(name)?)));
    both.map(|(name, these, those)| Ok((name.clone(), these.join(those)?))).collect()
}

/// Puts an encoding under a name that no other has.
pub(crate) fn insert_once<T>(all: &mut BTreeMap<String, T>, name: &str, encoding: T) -> Result<(), Error> {
    if all.insert(name.to_owned(), encoding).is_some() {
        let (parameter, expected) = ("name of a further encoding", "one that is given once");
        return Err(Error::InvalidParameter { name: parameter, expected, found: name.to_owned() });
    }
    Ok(())
}
