//! What can go wrong between the five terms of Eq. 3.

/// The error of every trait in this crate.
///
/// Implementers outside the crate carry their own causes in [`Error::External`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two things that must agree in dimension do not.
    #[error("{what}: expected dimension {expected}, found {found}")]
    DimensionMismatch {
        /// What was being checked, such as "queries given to the index".
        what: &'static str,
        /// The dimension that was needed.
        expected: usize,
        /// The dimension that came.
        found: usize,
    },
    /// A NaN or an infinity where a finite number is needed.
    #[error("{what}: row {row}, column {column} holds {value}, which is not a finite number")]
    NonFinite {
        /// What was being checked.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value found: NaN or an infinity.
        value: f32,
    },
    /// A batch, a set of items or a dimension of size zero.
    #[error("{what}: expected at least one, found none")]
    Empty {
        /// What was empty.
        what: &'static str,
    },
    /// Two lists that go together have different lengths.
    #[error("{what}: expected {expected} entries, found {found}")]
    LengthMismatch {
        /// What was being checked.
        what: &'static str,
        /// The length that was needed.
        expected: usize,
        /// The length that came.
        found: usize,
    },
    /// A row number beyond the end.
    #[error("{what}: row {row} does not exist, there are {len} rows")]
    RowOutOfRange {
        /// What was being looked up.
        what: &'static str,
        /// The row that was asked for, from 0.
        row: usize,
        /// How many rows there are.
        len: usize,
    },
    /// No hit was asked for. More than there are items is no error: all of them are found.
    #[error("k must be at least 1; found {k}")]
    KOutOfRange {
        /// The k that was asked for.
        k: usize,
        /// How many items there are.
        len: usize,
    },
    /// The same id twice in one set.
    #[error("duplicate id {id:?}: position {first} and position {second}")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it stood first, from 0.
        first: usize,
        /// Where it stood again, from 0.
        second: usize,
    },
    /// An id that the set does not have.
    #[error("unknown id {id:?} among {len} ids")]
    UnknownId {
        /// The id that was asked for.
        id: String,
        /// How many ids the set has.
        len: usize,
    },
    /// A parameter outside its range.
    #[error("{name}: expected {expected}, found {found}")]
    InvalidParameter {
        /// The parameter's name.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// Something that this implementation cannot do; its capabilities say so beforehand.
    #[error("not supported here: {what}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
    /// No setting of an index reaches the recall that was asked for.
    #[error("recall {target} was asked for; the best setting reaches {best}")]
    RecallNotReached {
        /// The recall that was asked for.
        target: f64,
        /// The highest recall of all settings.
        best: f64,
    },
    /// A failure inside an implementation that lives in another crate.
    #[error(transparent)]
    External(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps the error of an implementation that lives in another crate.
    pub fn external(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::External(cause.into())
    }

    /// Fails with [`Error::DimensionMismatch`] unless both dimensions agree.
    pub fn check_dim(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::DimensionMismatch { what, expected, found }) }
    }

    /// Fails with [`Error::KOutOfRange`] for `k = 0`; `len` is how many items there are, for the error.
    pub fn check_k(k: usize, len: usize) -> Result<(), Self> {
        if k == 0 { Err(Self::KOutOfRange { k, len }) } else { Ok(()) }
    }

    /// Fails with [`Error::NonFinite`] at the first NaN or infinity among rows of `columns` values, 1 or more.
    pub fn check_finite(what: &'static str, values: &[f32], columns: usize) -> Result<(), Self> {
        // Zero times anything finite is zero: one branch-free pass finds out whether there is anything to name.
        if values.iter().map(|x| x * 0.0).sum::<f32>() == 0.0 {
            return Ok(());
        }
        match values.iter().position(|x| !x.is_finite()) {
            Some(at) => {
                Err(Self::NonFinite { what, row: at / columns, column: at % columns, value: values[at] })
            }
            None => Ok(()),
        }
    }
}
