//! Ridge regression from queries to targets.

use ndarray::{Array2, ArrayView2, Axis, s};

use crate::{AffineMap, Error, Pairs, ThinSvd, linear_algebra};

/// Ridge regression: `W = argmin Σᵢ ‖qᵢ W − tᵢ‖² + λ s ‖W‖²` (Hoerl and Kennard, "Ridge regression: biased estimation
/// for nonorthogonal problems", Technometrics 12(1), 1970), where `s = Σᵢ ‖qᵢ‖² / d_query` makes `λ` free of the
/// queries' scale and number.
///
/// Decomposed once, so that each `λ` costs one matrix product.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{Pairs, Ridge};
/// use ndarray::array;
///
/// let queries = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let swapped = array![[0.0, 1.0], [1.0, 0.0]];
/// let ridge = Ridge::new(&Pairs::new(&queries, swapped)?)?;
/// let module = ridge.fit(1e-9)?;
/// assert!((module.apply(&queries)?.row(0)[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ridge {
    /// Of the queries.
    svd: ThinSvd,
    /// `Uᵀ T`, `k × d_item`.
    projected: Array2<f64>,
    targets: Array2<f64>,
    /// `s`.
    scale: f64,
}

/// What leaving out one query at a time shows of one `λ`.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaveOneOut {
    /// Each query mapped by the fit on all others, `n × d_item`.
    pub mapped: Array2<f64>,
    /// The mean over queries of the squared distance of `mapped` and target: PRESS over `n` (Allen 1974).
    pub error: f64,
    /// The same by generalised cross-validation, which no rotation of the queries changes (Golub, Heath and Wahba 1979).
    pub generalised_error: f64,
}

impl Ridge {
    /// Decomposes the queries.
    ///
    /// # Errors
    /// [`Error::NoVariance`] for queries that are all zero, and [`Error::Decomposition`].
    pub fn new(pairs: &Pairs) -> Result<Self, Error> {
        let svd = decompose(pairs.queries())?;
        let scale = pairs.queries().iter().map(|q| q * q).sum::<f64>() / pairs.query_dim() as f64;
        let projected = svd.u.t().dot(&pairs.targets());
        Ok(Self { svd, projected, targets: pairs.targets().to_owned(), scale })
    }

    /// The map of one `λ`, at least 0; with 0 it is the least-squares map of smallest norm.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `λ` that is negative or not finite, [`Error::Core`] when the map overflows `f32`.
    pub fn fit(&self, lambda: f64) -> Result<AffineMap, Error> {
        Error::check_regularisation(lambda)?;
        // V diag(σ / (σ² + λs)) Uᵀ T
        let added = lambda * self.scale;
        let factors = self.svd.singular_values.mapv(|value| value / (value * value + added));
        let shrunk = &self.projected * &factors.insert_axis(Axis(1));
        AffineMap::linear(self.svd.vt.t().dot(&shrunk))
    }

    /// How well each query is mapped by the fit on the others, without fitting again.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `λ` that is negative or not finite.
    pub fn leave_one_out(&self, lambda: f64) -> Result<LeaveOneOut, Error> {
        Error::check_regularisation(lambda)?;
        let added = lambda * self.scale;
        let shrinkage = self.svd.singular_values.mapv(|value| value * value / (value * value + added));
        let fitted = self.svd.u.dot(&(&self.projected * &shrinkage.view().insert_axis(Axis(1))));
        let leverages = (&self.svd.u * &self.svd.u).dot(&shrinkage);
        let count = fitted.nrows() as f64;
        let mean_leverage = leverages.sum() / count;
        let residuals = &self.targets - &fitted;
        let squared = (&residuals * &residuals).sum_axis(Axis(1));
        let rests = leverages.mapv(remaining);
        let error = squared.iter().zip(&rests).map(|(square, rest)| square / (rest * rest)).sum::<f64>();
        let mapped = &self.targets - &(residuals / &rests.insert_axis(Axis(1)));
        let generalised_error = squared.sum() / count / remaining(mean_leverage).powi(2);
        Ok(LeaveOneOut { mapped, error: error / count, generalised_error })
    }
}

/// One minus a leverage, kept away from 0: a query that alone decides its own fit has leverage 1.
fn remaining(leverage: f64) -> f64 {
    (1.0 - leverage).max(1e-9)
}

/// The singular value decomposition of `n × d` without what is zero.
fn decompose(queries: ArrayView2<'_, f64>) -> Result<ThinSvd, Error> {
    let (count, dim) = queries.dim();
    let algebra = linear_algebra();
    // The smaller of the two Gram matrices has all that is needed; what its squaring loses is below any λ.
    let gram = if count >= dim { queries.t().dot(&queries) } else { queries.dot(&queries.t()) };
    let eigen = algebra.symmetric_eigen(gram.view())?;
    let largest = eigen.values[0];
    if largest <= 0.0 {
        return Err(Error::NoVariance { what: "queries" });
    }
    let rank = eigen.values.iter().take_while(|&&value| value > largest * 1e-13).count();
    let singular_values = eigen.values.slice(s![..rank]).mapv(f64::sqrt);
    let vectors = eigen.vectors.slice(s![.., ..rank]).to_owned();
    if count >= dim {
        let u = queries.dot(&vectors) / &singular_values;
        Ok(ThinSvd { u, singular_values, vt: vectors.reversed_axes() })
    } else {
        let vt = vectors.t().dot(&queries) / singular_values.view().insert_axis(Axis(1));
        Ok(ThinSvd { u: vectors, singular_values, vt })
    }
}
