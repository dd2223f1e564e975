//! What supervised fits learn from: queries beside the vectors that they should become.

use ess_core::Embeddings;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::linear_algebra::check_matrix;
use crate::error::Error;

/// `n` queries (`n × d_query`) and for each the vector in the item space that it should be mapped to (`n × d_item`),
/// such as the mean of its relevant items.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_linalg::Pairs;
/// use ndarray::array;
///
/// let queries = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let pairs = Pairs::new(&queries, array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])?;
/// assert_eq!((pairs.len(), pairs.query_dim(), pairs.item_dim()), (2, 2, 3));
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    queries: Array2<f64>,
    targets: Array2<f64>,
}

impl Pairs {
    /// Takes queries and as many targets, in the same order.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of targets or targets without a dimension, [`Error::NonFinite`] for a NaN
    /// or an infinity among them.
    pub fn new(queries: &Embeddings, targets: Array2<f64>) -> Result<Self, Error> {
        let what = "targets of queries";
        check_matrix(what, targets.view())?;
        if targets.nrows() != queries.len() {
            let expected = [queries.len(), targets.ncols()];
            return Err(Error::Shape { what, expected, found: [targets.nrows(), targets.ncols()] });
        }
        Ok(Self { queries: queries.view().mapv(f64::from), targets })
    }

    /// The number of pairs, `n`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.queries.nrows()
    }

    /// `d_query`.
    pub fn query_dim(&self) -> usize {
        self.queries.ncols()
    }

    /// `d_item`.
    pub fn item_dim(&self) -> usize {
        self.targets.ncols()
    }

    /// The queries, `n × d_query`.
    pub fn queries(&self) -> ArrayView2<'_, f64> {
        self.queries.view()
    }

    /// The targets, `n × d_item`.
    pub fn targets(&self) -> ArrayView2<'_, f64> {
        self.targets.view()
    }

    /// Pairs of which each counts in sums of squares and products as often as its weight says: both rows times its root.
    pub(crate) fn weighted(&self, weights: &[f64]) -> Result<Self, Error> {
        let what = "weights of pairs";
        if weights.len() != self.len() {
            return Err(Error::Shape { what, expected: [self.len(), 1], found: [weights.len(), 1] });
        }
        let unusable = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0));
        let found = unusable.map_or("all 0".to_owned(), f64::to_string);
        let usable = unusable.is_none() && weights.iter().any(|&weight| weight > 0.0);
        Error::check(usable, what, "finite numbers of at least 0, and one above 0", found)?;
        let roots = ArrayView1::from(weights).mapv(f64::sqrt).insert_axis(Axis(1));
        Ok(Self { queries: &self.queries * &roots, targets: &self.targets * &roots })
    }

    /// `QᵀT`, `d_query × d_item`.
    pub(crate) fn cross(&self) -> Array2<f64> {
        self.queries.t().dot(&self.targets)
    }
}
