//! Orthogonal Procrustes.

use ndarray::Array2;

use crate::{AffineMap, Error, Pairs, linear_algebra};

/// The rotation (or reflection) that brings queries closest to their targets: `R = argmin Σᵢ ‖qᵢ R − tᵢ‖² + λ s ‖R − I‖²`
/// with `RᵀR = I`, which is `U Vᵀ` of the singular value decomposition of `QᵀT + λ s I` (Schönemann, "A generalized
/// solution of the orthogonal Procrustes problem", Psychometrika 31(1), 1966). `s = Σᵢ ‖qᵢ‖ ‖tᵢ‖ / d` makes `λ` free of
/// scale and number.
///
/// With `λ > 0` directions that no query shows stay as they are. Where `d_query ≠ d_item` there is no identity: `λ` has
/// to be 0, and `R` has orthonormal rows or columns, whichever are fewer.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{Pairs, Procrustes};
/// use ndarray::array;
///
/// let queries = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let turned = array![[0.0, 2.0], [-2.0, 0.0]];
/// let module = Procrustes::new(&Pairs::new(&queries, turned)?).fit(0.0)?;
/// assert!((module.apply(&queries)?.row(0)[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Procrustes {
    cross: Array2<f64>,
    scale: f64,
}

impl Procrustes {
    /// Sums the pairs up.
    pub fn new(pairs: &Pairs) -> Self {
        let lengths = |rows: ndarray::ArrayView2<'_, f64>| -> Vec<f64> {
            rows.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect()
        };
        let both = lengths(pairs.queries()).into_iter().zip(lengths(pairs.targets()));
        let scale = both.map(|(query, target)| query * target).sum::<f64>() / pairs.query_dim() as f64;
        Self { cross: pairs.cross(), scale }
    }

    /// The rotation of one `λ`, at least 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `λ` that is negative, not finite, or above 0 between spaces of different dimension;
    /// [`Error::NoVariance`] when the pairs say nothing; [`Error::Decomposition`].
    pub fn fit(&self, lambda: f64) -> Result<AffineMap, Error> {
        Error::check_regularisation(lambda)?;
        let square = self.cross.nrows() == self.cross.ncols();
        let name = "regularisation towards the identity";
        Error::check(square || lambda == 0.0, name, "0 where queries and items differ in dimension", lambda)?;
        let mut cross = self.cross.clone();
        if square {
            cross.diag_mut().mapv_inplace(|value| value + lambda * self.scale);
        }
        if cross.iter().all(|&value| value == 0.0) {
            return Err(Error::NoVariance { what: "queries and targets" });
        }
        let svd = linear_algebra().thin_svd(cross.view())?;
        AffineMap::linear(svd.u.dot(&svd.vt))
    }
}
