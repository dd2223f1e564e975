//! What can go wrong in a diagnosis.

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer of something than a figure needs.
    #[error("{what}: expected at least {expected}, found {found}")]
    TooFew {
        /// What there are too few of.
        what: &'static str,
        /// How many would do.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Two sets that belong together row by row and differ in length.
    #[error("{what}: expected {expected} rows, one for each of the first set, found {found}")]
    Rows {
        /// The second set.
        what: &'static str,
        /// Rows of the first.
        expected: usize,
        /// Rows of the second.
        found: usize,
    },
    /// Vectors of different dimensions where similarities are asked for.
    #[error("{what}: expected dimension {expected}, found {found}")]
    Dimension {
        /// The vectors.
        what: &'static str,
        /// The dimension of the others.
        expected: usize,
        /// Theirs.
        found: usize,
    },
    /// A parameter outside its range.
    #[error("{name} must be {expected}, found {found}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A hit that names no item.
    #[error("query {query}: a hit names item {item}, and there are {items} items")]
    UnknownItem {
        /// The query, from 0.
        query: usize,
        /// The item.
        item: usize,
        /// The number of items.
        items: usize,
    },
    /// Vectors that do not vary, or are all zero, where a figure divides by how much they do.
    #[error("{what} do not vary: {figure} is not defined")]
    NoVariance {
        /// The vectors.
        what: &'static str,
        /// The figure.
        figure: &'static str,
    },
    /// A decomposition that failed.
    #[error(transparent)]
    LinearAlgebra(#[from] ess_linalg::Error),
}

impl Error {
    /// Refuses fewer than are needed.
    pub(crate) fn check_count(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if found < expected { Err(Self::TooFew { what, expected, found }) } else { Ok(()) }
    }
}
