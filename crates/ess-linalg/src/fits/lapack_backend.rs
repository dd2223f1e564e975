//! Linear algebra by LAPACK, through ndarray-linalg and the system's OpenBLAS.

use ndarray::{Array2, ArrayView2};
use ndarray_linalg::{Cholesky, Diag, Eigh, JobSvd, SVDDC, SolveTriangular, UPLO, error::LinalgError};

use super::linear_algebra::{
    LinearAlgebra, SymmetricEigen, ThinSvd, check_matrix, check_square, check_system,
};
use crate::error::Error;

/// LAPACK, with the feature `openblas-system`: OpenBLAS has to be installed, as by Debian's `libopenblas-dev`.
///
/// How many threads OpenBLAS takes is its own setting (`OPENBLAS_NUM_THREADS`); with several, last bits may differ from
/// run to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lapack;

impl LinearAlgebra for Lapack {
    fn solve_positive_definite(
        &self,
        a: ArrayView2<'_, f64>,
        b: ArrayView2<'_, f64>,
    ) -> Result<Array2<f64>, Error> {
        check_system(a, b)?;
        let failed = |_: LinalgError| Error::NotPositiveDefinite { dim: a.nrows() };
        let lower = a.to_owned().cholesky(UPLO::Lower).map_err(failed)?;
        let half = lower.solve_triangular(UPLO::Lower, Diag::NonUnit, &b.to_owned()).map_err(failed)?;
        let upper = row_major(lower.reversed_axes());
        let solved = upper.solve_triangular(UPLO::Upper, Diag::NonUnit, &row_major(half)).map_err(failed)?;
        Ok(row_major(solved))
    }

    fn thin_svd(&self, a: ArrayView2<'_, f64>) -> Result<ThinSvd, Error> {
        check_matrix("matrix of a singular value decomposition", a)?;
        let failed = |reason: String| Error::Decomposition {
            decomposition: "singular value decomposition",
            rows: a.nrows(),
            columns: a.ncols(),
            reason,
        };
        // Divide and conquer: ndarray-linalg's plain `svd` is slower, and has no thin form.
        let found = a.to_owned().svddc(JobSvd::Some).map_err(|error| failed(error.to_string()))?;
        let (Some(u), singular_values, Some(vt)) = found else {
            return Err(failed("no singular vectors came back".to_owned()));
        };
        Ok(ThinSvd { u: row_major(u), singular_values, vt: row_major(vt) })
    }

    fn symmetric_eigen(&self, a: ArrayView2<'_, f64>) -> Result<SymmetricEigen, Error> {
        check_square("matrix of an eigendecomposition", a)?;
        // Both triangles the same: which one LAPACK reads depends on the layout.
        let dim = a.nrows();
        let symmetric = Array2::from_shape_fn((dim, dim), |(i, j)| a[[i.max(j), i.min(j)]]);
        let (values, vectors) = symmetric.eigh(UPLO::Lower).map_err(|error| Error::Decomposition {
            decomposition: "eigendecomposition",
            rows: dim,
            columns: dim,
            reason: error.to_string(),
        })?;
        // LAPACK's values rise.
        Ok(SymmetricEigen {
            values: values.iter().rev().copied().collect(),
            vectors: row_major(vectors.slice_move(ndarray::s![.., ..;-1])),
        })
    }
}

fn row_major(matrix: Array2<f64>) -> Array2<f64> {
    if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() }
}
