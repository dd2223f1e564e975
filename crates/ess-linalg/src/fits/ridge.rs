//! Ridge regression from queries to targets.

use ndarray::{Array2, ArrayView2, Axis, s};

use super::{affine_map::AffineMap, backend::linear_algebra, linear_algebra::ThinSvd, pairs::Pairs};
use crate::error::Error;

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
    /// Whether pairs count as often as each other.
    even: bool,
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
        Ok(Self { svd, projected, targets: pairs.targets().to_owned(), scale, even: true })
    }

    /// As [`Ridge::new`], with a weight for each pair: `W = argmin Σᵢ wᵢ ‖qᵢ W − tᵢ‖² + λ s ‖W‖²`, `s = Σᵢ wᵢ ‖qᵢ‖² /
    /// d_query`. A pair of weight 2 counts as two, one of weight 0 not at all, and only proportions matter.
    ///
    /// # Errors
    /// Those of [`Ridge::new`]; [`Error::Shape`] for another number of weights, [`Error::Parameter`] for one that is
    /// negative or not finite, and where all are 0.
    pub fn weighted(pairs: &Pairs, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self { even: false, ..Self::new(&pairs.weighted(weights)?)? })
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

    /// How well each query is mapped by the fit on the others, without fitting again; the others' `λ s` is that of all.
    ///
    /// With `λ = 0` it is the limit for `λ → 0`: the least-squares map of smallest norm of the others. A query that alone
    /// shows a direction is then mapped as if it had nothing in it. Generalised cross-validation has a limit as well, where
    /// the queries are independent of one another.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `λ` that is negative or not finite, and for pairs with weights.
    pub fn leave_one_out(&self, lambda: f64) -> Result<LeaveOneOut, Error> {
        Error::check_regularisation(lambda)?;
        Error::check(self.even, "weights of pairs that are left out one by one", "none", "weights")?;
        let added = lambda * self.scale;
        let shares = self.svd.singular_values.mapv(|value| 1.0 / (value * value + added));
        // What a query lacks, and one minus its leverage, each in two parts: outside of all that queries show, and within,
        // which vanishes with λ. Of a query that has nothing outside, the ratio of the parts within remains.
        let squares = &self.svd.u * &self.svd.u;
        let outside =
            squares.sum_axis(Axis(1)).mapv(|within| if within > 1.0 - 1e-9 { 0.0 } else { 1.0 - within });
        let within = squares.dot(&shares);
        let mut residuals = &self.targets - &self.svd.u.dot(&self.projected);
        let residuals_within = self.svd.u.dot(&(&self.projected * &shares.view().insert_axis(Axis(1))));
        let rank_is_full = outside.iter().all(|&rest| rest == 0.0);
        let (mut errors, mut squared, mut rests) = (Array2::zeros(self.targets.dim()), 0.0, 0.0);
        for row in 0..residuals.nrows() {
            let alone = outside[row] == 0.0;
            let weight = if rank_is_full { 1.0 } else { added };
            let mut residual = residuals.row_mut(row);
            residual.mapv_inplace(|value| if alone { 0.0 } else { value });
            residual.scaled_add(weight, &residuals_within.row(row));
            let rest = outside[row] + weight * within[row];
            squared += residual.dot(&residual);
            rests += rest;
            let error = if alone {
                residuals_within.row(row).mapv(|value| value / within[row])
            } else {
                residual.mapv(|value| value / rest)
            };
            errors.row_mut(row).assign(&error);
        }
        let count = residuals.nrows() as f64;
        let error = errors.iter().map(|error| error * error).sum::<f64>() / count;
        let generalised_error = squared / count / (rests / count).powi(2);
        Ok(LeaveOneOut { mapped: &self.targets - &errors, error, generalised_error })
    }
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
