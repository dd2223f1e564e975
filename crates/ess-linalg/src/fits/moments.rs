//! Mean and covariance of vectors.

use ess_core::Embeddings;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::{backend::linear_algebra, linear_algebra::SymmetricEigen};
use crate::error::Error;

/// The mean and the covariance of `n` vectors of dimension `d`.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_linalg::Moments;
///
/// let moments = Moments::of(&Embeddings::from_rows(&[[1.0, 0.0], [3.0, 0.0]])?);
/// assert_eq!(moments.mean().to_vec(), [2.0, 0.0]);
/// assert_eq!(moments.covariance()[[0, 0]], 1.0);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    mean: Array1<f64>,
    covariance: Array2<f64>,
}

/// Rows that are held in `f64` at once.
const CHUNK: usize = 4096;

impl Moments {
    /// Those of embeddings (`n × d`); the covariance is divided by `n`.
    pub fn of(embeddings: &Embeddings) -> Self {
        let (count, dim) = (embeddings.len() as f64, embeddings.dim());
        let all = embeddings.view();
        let mut sum = Array1::<f64>::zeros(dim);
        for chunk in all.axis_chunks_iter(Axis(0), CHUNK) {
            sum += &chunk.mapv(f64::from).sum_axis(Axis(0));
        }
        let mean = sum / count;
        let mut covariance = Array2::<f64>::zeros((dim, dim));
        for chunk in all.axis_chunks_iter(Axis(0), CHUNK) {
            let centred = chunk.mapv(f64::from) - &mean;
            covariance += &centred.t().dot(&centred);
        }
        Self { mean, covariance: covariance / count }
    }

    /// Those of rows in `f64`, `n × d`, of which there is at least one.
    pub(crate) fn of_rows(rows: ArrayView2<'_, f64>) -> Self {
        let count = rows.nrows() as f64;
        let mean = rows.sum_axis(Axis(0)) / count;
        let centred = &rows - &mean;
        Self { covariance: centred.t().dot(&centred) / count, mean }
    }

    /// Those of these `count` vectors and `others` others together, both of the same dimension.
    pub(crate) fn joined(&self, count: usize, other: &Self, others: usize) -> Self {
        let all = (count + others) as f64;
        let [own, more] = [count as f64 / all, others as f64 / all];
        let apart = (&self.mean - &other.mean).insert_axis(Axis(1));
        let between = apart.dot(&apart.t()) * (own * more);
        Self {
            mean: &self.mean * own + &other.mean * more,
            covariance: &self.covariance * own + &other.covariance * more + between,
        }
    }

    /// The dimension, `d`.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// The mean, `d`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// The covariance, `d × d`.
    pub fn covariance(&self) -> ArrayView2<'_, f64> {
        self.covariance.view()
    }

    /// The mean variance of a dimension: the trace of the covariance over `d`.
    pub fn mean_variance(&self) -> f64 {
        self.covariance.diag().sum() / self.dim() as f64
    }

    /// The principal axes: eigenvalues (variances, none below 0) and eigenvectors of the covariance.
    ///
    /// # Errors
    /// [`Error::NoVariance`] when all vectors are the same, and [`Error::Decomposition`].
    pub fn principal_axes(&self, what: &'static str) -> Result<SymmetricEigen, Error> {
        let mut eigen = linear_algebra().symmetric_eigen(self.covariance())?;
        // Rounding leaves variances of nothing a little to either side of 0.
        let scale = self.mean.dot(&self.mean) + self.covariance.diag().sum();
        if eigen.values[0] <= 1e-12 * scale {
            return Err(Error::NoVariance { what });
        }
        eigen.values.mapv_inplace(|value| value.max(0.0));
        Ok(eigen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_two_parts_are_those_of_the_whole() {
        let rows: Vec<_> = (0..9).map(|at| [at as f32, (at * at % 7) as f32, 3.0]).collect();
        let of = |rows: &[[f32; 3]]| Moments::of(&Embeddings::from_rows(rows).unwrap());
        let (whole, joined) = (of(&rows), of(&rows[..2]).joined(2, &of(&rows[2..]), 7));
        let all = Embeddings::from_rows(&rows).unwrap().view().mapv(f64::from);
        for found in [joined, Moments::of_rows(all.view())] {
            assert!((found.mean() - whole.mean()).iter().all(|x| x.abs() < 1e-12));
            assert!((&found.covariance() - &whole.covariance()).iter().all(|x| x.abs() < 1e-12));
        }
    }
}
