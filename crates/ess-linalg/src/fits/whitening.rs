//! Whitening.

use ndarray::Array1;

use super::{affine_map::AffineMap, linear_algebra::SymmetricEigen, moments::Moments};
use crate::error::Error;

/// Whitening of queries, whole or in part: `z = (q − μ)(C + λ v I)^(−p)`, with mean `μ` and covariance `C` of whatever
/// vectors the moments are of, and `v` their mean variance.
///
/// `p = 1/2` is whitening proper (Su et al., "Whitening sentence representations for better semantics and faster
/// retrieval", 2021), `p = 0` centring alone. With the moments of the items, `p = 1` ranks items as whitening both
/// sides would, and needs no change of the items: `⟨(q − μ) C^(−1/2), (d − μ) C^(−1/2)⟩` is `⟨(q − μ) C^(−1), d⟩` less what
/// is the same for every item.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{Moments, Whitening};
///
/// let queries = Embeddings::from_rows(&[[2.0, 0.1], [-2.0, 0.1], [2.0, -0.1], [-2.0, -0.1]])?;
/// let module = Whitening::new(&Moments::of(&queries))?.map(0.5, 0.0)?;
/// assert!((module.apply(&queries)?.row(0)[1] - 1.0).abs() < 1e-5);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Whitening {
    axes: SymmetricEigen,
    mean: Array1<f64>,
    mean_variance: f64,
}

impl Whitening {
    /// Finds the principal axes.
    ///
    /// # Errors
    /// [`Error::NoVariance`] when the moments are of equal vectors, [`Error::Decomposition`].
    pub fn new(moments: &Moments) -> Result<Self, Error> {
        let axes = moments.principal_axes("vectors to whiten")?;
        Ok(Self { axes, mean: moments.mean().clone(), mean_variance: moments.mean_variance() })
    }

    /// The map of one power `p` from 0 to 1 and one `λ` of at least 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] outside those ranges, and for `λ = 0` with `p > 0` where some direction does not vary.
    pub fn map(&self, power: f64, lambda: f64) -> Result<AffineMap, Error> {
        Error::check((0.0..=1.0).contains(&power), "power of whitening", "between 0 and 1", power)?;
        Error::check_regularisation(lambda)?;
        let values = self.axes.values.mapv(|value| value + lambda * self.mean_variance);
        let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let singular = power > 0.0 && smallest <= 1e-14 * values[0];
        let expected = "above 0 where some direction does not vary";
        Error::check(!singular, "regularisation of whitening", expected, lambda)?;
        let scaled = &self.axes.vectors * &values.mapv(|value| value.powf(-power));
        AffineMap::centred(scaled.dot(&self.axes.vectors.t()), &self.mean)
    }
}
