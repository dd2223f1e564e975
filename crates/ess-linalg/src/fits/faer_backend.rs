//! Linear algebra by faer: Rust alone.

use faer::{MatRef, Side, linalg::solvers::Solve};
use ndarray::{Array1, Array2, ArrayView2};

use super::linear_algebra::{
    LinearAlgebra, SymmetricEigen, ThinSvd, check_matrix, check_square, check_system,
};
use crate::error::Error;

/// [faer](https://docs.rs/faer), the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faer;

impl LinearAlgebra for Faer {
    fn solve_positive_definite(
        &self,
        a: ArrayView2<'_, f64>,
        b: ArrayView2<'_, f64>,
    ) -> Result<Array2<f64>, Error> {
        check_system(a, b)?;
        let factor =
            to_faer(a).llt(Side::Lower).map_err(|_| Error::NotPositiveDefinite { dim: a.nrows() })?;
        Ok(to_ndarray(factor.solve(to_faer(b)).as_ref()))
    }

    fn thin_svd(&self, a: ArrayView2<'_, f64>) -> Result<ThinSvd, Error> {
        check_matrix("matrix of a singular value decomposition", a)?;
        let svd = to_faer(a).thin_svd().map_err(|error| Error::Decomposition {
            decomposition: "singular value decomposition",
            rows: a.nrows(),
            columns: a.ncols(),
            reason: format!("{error:?}"),
        })?;
        let singular_values: Array1<f64> = svd.S().column_vector().iter().copied().collect();
        Ok(ThinSvd { u: to_ndarray(svd.U()), singular_values, vt: to_ndarray(svd.V().transpose()) })
    }

    fn symmetric_eigen(&self, a: ArrayView2<'_, f64>) -> Result<SymmetricEigen, Error> {
        check_square("matrix of an eigendecomposition", a)?;
        let eigen = to_faer(a).self_adjoint_eigen(Side::Lower).map_err(|error| Error::Decomposition {
            decomposition: "eigendecomposition",
            rows: a.nrows(),
            columns: a.ncols(),
            reason: format!("{error:?}"),
        })?;
        // faer's values rise.
        let mut values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
        values.reverse();
        Ok(SymmetricEigen { values: values.into(), vectors: to_ndarray(eigen.U().reverse_cols()) })
    }
}

/// A copy in the column order that faer works in.
fn to_faer(matrix: ArrayView2<'_, f64>) -> faer::Mat<f64> {
    faer::Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, column| matrix[[row, column]])
}

fn to_ndarray(matrix: MatRef<'_, f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.nrows(), matrix.ncols()), |(row, column)| matrix[(row, column)])
}
