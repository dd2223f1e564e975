//! What every fit gives: one matrix, and perhaps a bias.

use ess_core::{Embeddings, Error as CoreError, MatrixModule, SearchModule};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::error::Error;

/// A searching module `z = q W + b`: `W` is `d_query × d_item`, `b` of `d_item` is zero where a fit has none.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::AffineMap;
/// use ndarray::array;
///
/// let turn = AffineMap::linear(array![[0.0, 1.0], [-1.0, 0.0]])?;
/// let half = turn.blended(0.5)?;
/// assert_eq!(half.apply(&Embeddings::from_rows(&[[1.0, 0.0]])?)?.row(0), &[0.5, 0.5]);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AffineMap {
    weight: Array2<f64>,
    bias: Option<Array1<f64>>,
}

impl AffineMap {
    /// `z = q W`.
    ///
    /// # Errors
    /// [`Error::Core`] for a matrix without cells or with a number that is none in `f32`.
    pub fn linear(weight: Array2<f64>) -> Result<Self, Error> {
        Self::new(weight, None)
    }

    /// `z = q W + b`.
    ///
    /// # Errors
    /// [`Error::Shape`] for a bias of another length than `W` has columns, and those of [`AffineMap::linear`].
    pub fn with_bias(weight: Array2<f64>, bias: Array1<f64>) -> Result<Self, Error> {
        if bias.len() != weight.ncols() {
            let (what, expected) = ("bias of a map", [1, weight.ncols()]);
            return Err(Error::Shape { what, expected, found: [1, bias.len()] });
        }
        Self::new(weight, Some(bias))
    }

    /// `z = (q − μ) W`.
    pub(crate) fn centred(weight: Array2<f64>, mean: &Array1<f64>) -> Result<Self, Error> {
        let bias = -mean.dot(&weight);
        Self::with_bias(weight, bias)
    }

    fn new(weight: Array2<f64>, bias: Option<Array1<f64>>) -> Result<Self, Error> {
        Embeddings::new(weight.mapv(|x| x as f32))?;
        if let Some(bias) = &bias {
            Embeddings::new(bias.mapv(|x| x as f32).insert_axis(Axis(0)))?;
        }
        Ok(Self { weight, bias })
    }

    /// `W`, `d_query × d_item`.
    pub fn weight(&self) -> ArrayView2<'_, f64> {
        self.weight.view()
    }

    /// `b`, `d_item`; none for a map that is linear.
    pub fn bias(&self) -> Option<ArrayView1<'_, f64>> {
        self.bias.as_ref().map(|bias| bias.view())
    }

    /// `d_query`.
    pub fn query_dim(&self) -> usize {
        self.weight.nrows()
    }

    /// `d_item`.
    pub fn item_dim(&self) -> usize {
        self.weight.ncols()
    }

    /// The same map, its length brought to that of `queries`: the root mean square of what it makes of them becomes that
    /// of the queries themselves. It changes no ranking, and gives [`AffineMap::blended`] one meaning for all fits.
    ///
    /// # Errors
    /// [`Error::Core`] for queries of another dimension, [`Error::NoVariance`] when the map makes all of them zero.
    pub fn rescaled(&self, queries: &Embeddings) -> Result<Self, Error> {
        self.rescaled_weighted(queries, &vec![1.0; queries.len()])
    }

    /// As [`AffineMap::rescaled`], with each query counting as often as its weight says; weights are at least 0.
    ///
    /// # Errors
    /// As [`AffineMap::rescaled`], for queries of weight 0 as if they were not there; [`Error::Core`] for another number of
    /// weights than queries.
    pub fn rescaled_weighted(&self, queries: &Embeddings, weights: &[f64]) -> Result<Self, Error> {
        CoreError::check_dim("queries to rescale a map by", self.query_dim(), queries.dim())?;
        if weights.len() != queries.len() {
            let (expected, found) = (queries.len(), weights.len());
            let what = "weights of queries to rescale a map by";
            return Err(CoreError::LengthMismatch { what, expected, found }.into());
        }
        let queries = queries.view().mapv(f64::from);
        let square = |rows: &Array2<f64>| {
            let weighted = rows.rows().into_iter().zip(weights);
            weighted.flat_map(|(row, &weight)| row.into_iter().map(move |x| weight * (x * x))).sum::<f64>()
        };
        let mapped = square(&self.mapped(&queries));
        if mapped <= f64::MIN_POSITIVE {
            return Err(Error::NoVariance { what: "mapped queries" });
        }
        let factor = (square(&queries) / mapped).sqrt();
        Self::new(&self.weight * factor, self.bias.as_ref().map(|bias| bias * factor))
    }

    /// `(1 − share) · identity + share · this`; the share is usually between 0 and 1.
    ///
    /// # Errors
    /// [`Error::Core`] where `d_query ≠ d_item`, so that there is no identity, or when numbers overflow `f32`.
    pub fn blended(&self, share: f64) -> Result<Self, Error> {
        CoreError::check_dim("items of a map to blend with the identity", self.query_dim(), self.item_dim())?;
        let mut weight = &self.weight * share;
        weight.diag_mut().mapv_inplace(|value| value + (1.0 - share));
        Self::new(weight, self.bias.as_ref().map(|bias| bias * share))
    }

    /// `identity + this`: what a fit of residuals means.
    ///
    /// # Errors
    /// Those of [`AffineMap::blended`].
    pub fn plus_identity(&self) -> Result<Self, Error> {
        CoreError::check_dim("items of a map to add the identity to", self.query_dim(), self.item_dim())?;
        let mut weight = self.weight.clone();
        weight.diag_mut().mapv_inplace(|value| value + 1.0);
        Self::new(weight, self.bias.clone())
    }

    /// The map as a matrix module, where it has no bias.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it has one.
    pub fn to_matrix_module(&self) -> Result<MatrixModule, Error> {
        Error::check(self.bias.is_none(), "bias of a matrix module", "none", "one")?;
        Ok(MatrixModule::new(self.weight.mapv(|x| x as f32))?)
    }

    fn mapped(&self, queries: &Array2<f64>) -> Array2<f64> {
        let mapped = queries.dot(&self.weight);
        match &self.bias {
            Some(bias) => mapped + bias,
            None => mapped,
        }
    }
}

impl SearchModule for AffineMap {
    fn query_dim(&self) -> usize {
        self.weight.nrows()
    }

    fn item_dim(&self) -> usize {
        self.weight.ncols()
    }

    fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, CoreError> {
        CoreError::check_dim("queries given to an affine map", self.weight.nrows(), encodings.dim())?;
        let queries = encodings.view().mapv(f64::from);
        Embeddings::new(self.mapped(&queries).mapv(|x| x as f32))
    }
}
