//! Queries by a further encoder.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Error};

use super::encoding_kind::EncodingKind;

/// Queries by an encoder beside the frozen one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FurtherQueries {
    /// `n × d`, of whatever dimension.
    Dense(Embeddings),
}

/// Queries by each further encoder, by its name.
pub(crate) type Further = BTreeMap<String, FurtherQueries>;

impl FurtherQueries {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense(queries) => queries.len(),
        }
    }

    pub(crate) fn kind(&self) -> EncodingKind {
        match self {
            Self::Dense(queries) => EncodingKind::Embeddings(queries.dim()),
        }
    }

    fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        Ok(match self {
            Self::Dense(queries) => Self::Dense(queries.select(rows)?),
        })
    }

    /// These and then the others, of the same kind.
    fn join(&self, other: &Self) -> Result<Self, Error> {
        match (self, other) {
            (Self::Dense(these), Self::Dense(those)) => {
                Error::check_dim("dev queries by a further encoder", these.dim(), those.dim())?;
                let values = [these.as_slice(), those.as_slice()].concat();
                Ok(Self::Dense(Embeddings::from_vec(values, these.dim())?))
            }
        }
    }
}

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
