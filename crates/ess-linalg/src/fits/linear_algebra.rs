//! The three problems that every fit comes down to, and which library solves them.

use ndarray::{Array1, Array2, ArrayView2};

use crate::error::Error;

/// `A = U diag(σ) Vᵀ` with `k = min(rows, columns)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ThinSvd {
    /// Left singular vectors, `rows × k`, orthonormal columns.
    pub u: Array2<f64>,
    /// Singular values, `k`, falling, none below 0.
    pub singular_values: Array1<f64>,
    /// Right singular vectors transposed, `k × columns`, orthonormal rows.
    pub vt: Array2<f64>,
}

/// `A = V diag(λ) Vᵀ` of a symmetric matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetricEigen {
    /// Eigenvalues, `d`, falling.
    pub values: Array1<f64>,
    /// Eigenvectors, `d × d`, one a column, orthonormal, in the order of the values.
    pub vectors: Array2<f64>,
}

/// Dense linear algebra in `f64`, on one thread, so that results repeat: the seam behind which faer and LAPACK stand.
///
/// On the same matrix the implementations agree to 1e-10 of its largest value, up to what a decomposition leaves open:
/// the signs of singular and of eigenvectors, and the basis within equal values.
///
/// ```
/// use ess_linalg::{LinearAlgebra, linear_algebra};
/// use ndarray::array;
///
/// let a = array![[4.0, 2.0], [2.0, 3.0]];
/// let x = linear_algebra().solve_positive_definite(a.view(), array![[8.0], [7.0]].view())?;
/// assert!((&x - &array![[1.25], [1.5]]).iter().all(|error| error.abs() < 1e-12));
/// # Ok::<(), ess_linalg::Error>(())
/// ```
pub trait LinearAlgebra: Send + Sync {
    /// Solves `A X = B` for a symmetric positive definite `A` (`d × d`, its lower triangle is read) and `B` (`d × r`).
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`]; [`Error::Shape`] and [`Error::NonFinite`] for matrices that cannot be solved.
    fn solve_positive_definite(
        &self,
        a: ArrayView2<'_, f64>,
        b: ArrayView2<'_, f64>,
    ) -> Result<Array2<f64>, Error>;

    /// The thin singular value decomposition of any matrix with at least one row and column.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] and [`Error::Decomposition`].
    fn thin_svd(&self, a: ArrayView2<'_, f64>) -> Result<ThinSvd, Error>;

    /// The eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] and [`Error::Decomposition`].
    fn symmetric_eigen(&self, a: ArrayView2<'_, f64>) -> Result<SymmetricEigen, Error>;
}

/// Refuses an empty matrix, a NaN and an infinity: what libraries answer to those differs.
pub(crate) fn check_matrix(what: &'static str, matrix: ArrayView2<'_, f64>) -> Result<(), Error> {
    let (rows, columns) = matrix.dim();
    if rows == 0 || columns == 0 {
        return Err(Error::Shape { what, expected: [rows.max(1), columns.max(1)], found: [rows, columns] });
    }
    match matrix.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), &value)) => Err(Error::NonFinite { what, row, column, value }),
        None => Ok(()),
    }
}

/// Checks a matrix that must be square besides.
pub(crate) fn check_square(what: &'static str, matrix: ArrayView2<'_, f64>) -> Result<(), Error> {
    check_matrix(what, matrix)?;
    let (rows, columns) = matrix.dim();
    if rows == columns {
        return Ok(());
    }
    Err(Error::Shape { what, expected: [rows, rows], found: [rows, columns] })
}

/// Checks both sides of a system of equations.
pub(crate) fn check_system(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Result<(), Error> {
    check_square("a system of equations", a)?;
    check_matrix("right sides of a system of equations", b)?;
    if a.nrows() == b.nrows() {
        return Ok(());
    }
    let what = "right sides of a system of equations";
    Err(Error::Shape { what, expected: [a.nrows(), b.ncols()], found: [b.nrows(), b.ncols()] })
}
