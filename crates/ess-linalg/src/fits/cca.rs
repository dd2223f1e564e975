//! Canonical correlation analysis.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::{affine_map::AffineMap, backend::linear_algebra, pairs::Pairs};
use crate::error::Error;

/// Canonical correlation analysis of queries and targets (Hotelling, "Relations between two sets of variates",
/// Biometrika 28, 1936), as a map of queries alone: with projections `A` and `B` and correlations `ρ`,
/// `⟨(q − μ_q) A diag(ρ), (d − μ_t) B⟩` ranks items as `⟨(q − μ_q) A diag(ρ) Bᵀ, d⟩` does, so items stay as they are.
///
/// Each covariance is regularised by `λ` times its mean variance (Vinod, "Canonical ridge and econometrics of joint
/// production", J. Econometrics 4(2), 1976).
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{Cca, Pairs};
/// use ndarray::array;
///
/// let queries = Embeddings::from_rows(&[[1.0, 0.3], [-1.0, 0.1], [0.5, -0.4]])?;
/// let doubled = queries.view().mapv(|x| f64::from(2.0 * x));
/// let cca = Cca::new(&Pairs::new(&queries, doubled)?, 1e-6)?;
/// assert!(cca.correlations().iter().all(|&rho| (rho - 1.0).abs() < 1e-3));
/// assert_eq!(cca.map(1)?.item_dim(), 2);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cca {
    /// `d_query × k`: whitened queries' canonical directions.
    query_projection: Array2<f64>,
    /// `k × d_item`.
    item_projection: Array2<f64>,
    correlations: Array1<f64>,
    query_mean: Array1<f64>,
}

impl Cca {
    /// Analyses pairs.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `λ` that is not above 0, [`Error::NoVariance`] when queries or targets are all the
    /// same, [`Error::Decomposition`].
    pub fn new(pairs: &Pairs, lambda: f64) -> Result<Self, Error> {
        let holds = lambda.is_finite() && lambda > 0.0;
        Error::check(holds, "regularisation of CCA", "a finite number above 0", lambda)?;
        let (queries, query_mean) = centred("queries", pairs.queries())?;
        let (targets, _) = centred("targets", pairs.targets())?;
        let query_whitening = inverse_root(queries.view(), lambda)?;
        let target_whitening = inverse_root(targets.view(), lambda)?;
        let cross = queries.t().dot(&targets) / pairs.len() as f64;
        let whitened = query_whitening.dot(&cross).dot(&target_whitening);
        let svd = linear_algebra().thin_svd(whitened.view())?;
        Ok(Self {
            query_projection: query_whitening.dot(&svd.u),
            item_projection: svd.vt.dot(&target_whitening),
            correlations: svd.singular_values,
            query_mean,
        })
    }

    /// The canonical correlations, falling, `k = min(d_query, d_item)`; those of regularised covariances.
    pub fn correlations(&self) -> &Array1<f64> {
        &self.correlations
    }

    /// The map through the first `components` canonical directions: `z = (q − μ_q) A diag(ρ) Bᵀ`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `components` is between 1 and `k`; [`Error::Core`] when the map overflows `f32`.
    pub fn map(&self, components: usize) -> Result<AffineMap, Error> {
        let most = self.correlations.len();
        let expected = format!("between 1 and {most}");
        Error::check((1..=most).contains(&components), "components of CCA", &expected, components)?;
        let correlations = self.correlations.slice(s![..components]);
        let scaled = &self.query_projection.slice(s![.., ..components]) * &correlations;
        let weight = scaled.dot(&self.item_projection.slice(s![..components, ..]));
        AffineMap::centred(weight, &self.query_mean)
    }
}

/// Rows less their mean, and the mean.
fn centred(what: &'static str, rows: ArrayView2<'_, f64>) -> Result<(Array2<f64>, Array1<f64>), Error> {
    let mean = rows.sum_axis(Axis(0)) / rows.nrows() as f64;
    let centred = &rows - &mean;
    let square = |x: f64| x * x;
    // Rounding leaves a little variance where there is none.
    if centred.mapv(square).sum() <= 1e-12 * rows.mapv(square).sum() {
        return Err(Error::NoVariance { what });
    }
    Ok((centred, mean))
}

/// `(C + λ v I)^(−1/2)` of the covariance of centred rows, `v` the mean variance.
fn inverse_root(centred: ArrayView2<'_, f64>, lambda: f64) -> Result<Array2<f64>, Error> {
    let covariance = centred.t().dot(&centred) / centred.nrows() as f64;
    let added = lambda * covariance.diag().sum() / covariance.nrows() as f64;
    let eigen = linear_algebra().symmetric_eigen(covariance.view())?;
    let roots = eigen.values.mapv(|value| (value.max(0.0) + added).powf(-0.5));
    Ok((&eigen.vectors * &roots).dot(&eigen.vectors.t()))
}
