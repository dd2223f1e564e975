//! What can go wrong in a closed-form fit.

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter outside its range.
    #[error("{name} must be {expected}, found {found}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What came.
        found: String,
    },
    /// A matrix of another shape than is needed.
    #[error("{what}: expected {} × {}, found {} × {}", expected[0], expected[1], found[0], found[1])]
    Shape {
        /// The matrix.
        what: &'static str,
        /// Rows and columns that were needed.
        expected: [usize; 2],
        /// Rows and columns that came.
        found: [usize; 2],
    },
    /// A NaN or an infinity.
    #[error("{what}: row {row}, column {column} holds {value}, which is not a finite number")]
    NonFinite {
        /// The matrix.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// A matrix that has to be positive definite and is not.
    #[error("a symmetric matrix of {dim} rows is not positive definite; more regularisation may help")]
    NotPositiveDefinite {
        /// Its number of rows.
        dim: usize,
    },
    /// Vectors that do not differ, where the fit needs them to.
    #[error("{what} do not vary: there is nothing to fit")]
    NoVariance {
        /// The vectors.
        what: &'static str,
    },
    /// A decomposition that did not converge.
    #[error("{decomposition} of a {rows} × {columns} matrix: {reason}")]
    Decomposition {
        /// The decomposition.
        decomposition: &'static str,
        /// Rows of the matrix.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// What the library said.
        reason: String,
    },
    /// Embeddings or dimensions that do not fit.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}

impl Error {
    /// Refuses a parameter unless `holds`.
    pub(crate) fn check(
        holds: bool,
        name: &'static str,
        expected: &str,
        found: impl ToString,
    ) -> Result<(), Self> {
        if holds {
            return Ok(());
        }
        Err(Self::Parameter { name, expected: expected.to_owned(), found: found.to_string() })
    }

    /// Refuses a regularisation that is negative or no number.
    pub(crate) fn check_regularisation(lambda: f64) -> Result<(), Self> {
        let holds = lambda.is_finite() && lambda >= 0.0;
        Self::check(holds, "regularisation", "a finite number of at least 0", lambda)
    }
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::external(error),
        }
    }
}
