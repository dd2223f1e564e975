//! Principal components: keeping the first, or removing them.

use ndarray::{Array1, Array2, ArrayView2, s};

use super::{affine_map::AffineMap, moments::Moments};
use crate::error::Error;

/// Principal component analysis, as maps of queries that keep or remove the directions of most variance.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{Moments, PrincipalComponents};
///
/// let vectors = Embeddings::from_rows(&[[2.0, 0.1], [-2.0, 0.1], [2.0, -0.1], [-2.0, -0.1]])?;
/// let components = PrincipalComponents::new(&Moments::of(&vectors))?;
/// let kept = components.keep(1)?.apply(&vectors)?;
/// assert!((kept.row(0)[0] - 2.0).abs() < 1e-6 && kept.row(0)[1].abs() < 1e-6);
/// let removed = components.remove(1)?.apply(&vectors)?;
/// assert!(removed.row(0)[0].abs() < 1e-6 && (removed.row(0)[1] - 0.1).abs() < 1e-6);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PrincipalComponents {
    axes: Array2<f64>,
    variances: Array1<f64>,
    mean: Array1<f64>,
}

impl PrincipalComponents {
    /// Analyses vectors by their moments.
    ///
    /// # Errors
    /// [`Error::NoVariance`] when they are all the same, [`Error::Decomposition`].
    pub fn new(moments: &Moments) -> Result<Self, Error> {
        let eigen = moments.principal_axes("vectors of a principal component analysis")?;
        Ok(Self { axes: eigen.vectors, variances: eigen.values, mean: moments.mean().clone() })
    }

    /// The dimension of the vectors, `d`.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// The variance along each component, falling, `d`.
    pub fn variances(&self) -> &Array1<f64> {
        &self.variances
    }

    /// The first `components` directions, one a column (`d × components`): multiplying centred vectors by it gives their
    /// coordinates.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `components` is between 1 and `d`.
    pub fn axes(&self, components: usize) -> Result<ArrayView2<'_, f64>, Error> {
        self.check(components, 1, self.dim())?;
        Ok(self.axes.slice(s![.., ..components]))
    }

    /// The mean of the vectors, `d`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// `z = q V Vᵀ`: what the first `components` directions show of a query. Vectors keep their dimension, since they are
    /// compared with items.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `components` is between 1 and `d`.
    pub fn keep(&self, components: usize) -> Result<AffineMap, Error> {
        let axes = self.axes(components)?;
        AffineMap::linear(axes.dot(&axes.t()))
    }

    /// `z = (q − μ)(I − V Vᵀ)`: "all but the top" (Mu and Viswanath, "All-but-the-top: simple and effective postprocessing
    /// for word representations", ICLR 2018). 0 components centre alone.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `components` is between 0 and `d − 1`.
    pub fn remove(&self, components: usize) -> Result<AffineMap, Error> {
        self.check(components, 0, self.dim() - 1)?;
        let axes = self.axes.slice(s![.., ..components]);
        AffineMap::centred(Array2::eye(self.dim()) - axes.dot(&axes.t()), &self.mean)
    }

    fn check(&self, components: usize, least: usize, most: usize) -> Result<(), Error> {
        let expected = format!("between {least} and {most}");
        Error::check((least..=most).contains(&components), "principal components", &expected, components)
    }
}
