//! Erasing a concept from vectors with the least change.

use ess_core::{Embeddings, Error as CoreError};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::{affine_map::AffineMap, backend::linear_algebra, moments::Moments, pairs::Pairs};
use crate::error::Error;

/// Variances below this share of the largest and of the mean's square are rounding of `f32`: along them vectors do not vary.
const RANK: f64 = 1e-12;

/// Correlations of this and below are rounding of `f32`: they say nothing of a concept.
const CORRELATION: f64 = 1e-6;

/// Least-squares concept erasure, LEACE (Belrose, Schneider-Joseph, Ravfogel, Cotterell, Raff and Biderman, "LEACE: perfect linear
/// concept erasure in closed form", NeurIPS 2023), and its complement, which keeps the concept alone.
///
/// A concept is any numbers beside vectors: the targets of [`Pairs`], `n × k`, such as one column a class, or coordinates of what is
/// relevant to a query. Vectors have the mean `μ`, the whitening `W = C^(−1/2)` and the covariance `Σ` with the concept; `U` is an
/// orthonormal basis of the columns of `W Σ`. What is erased is `(q − μ) W U Uᵀ W⁺`. The whitening is by the pseudo-inverse, so
/// that directions along which vectors do not vary stay as they are.
///
/// What is left has no covariance with the concept, so that no linear predictor of it is better than its mean. Of all affine maps
/// that do this, LEACE changes the vectors least in the mean of squares. That holds for the vectors of the fit; of others the same
/// directions are erased.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{ConceptErasure, Pairs};
/// use ndarray::array;
///
/// // The first component says the concept, and the second follows it half the way.
/// let vectors = Embeddings::from_rows(&[[1.0, 1.0], [-1.0, -1.0], [1.0, 0.0], [-1.0, 0.0]])?;
/// let concept = array![[1.0], [-1.0], [1.0], [-1.0]];
/// let erasure = ConceptErasure::new(&Pairs::new(&vectors, concept)?)?;
/// assert_eq!(erasure.directions(), 1);
/// let erased = erasure.erase()?.apply(&vectors)?;
/// assert!(erased.row(0)[0].abs() < 1e-6 && (erased.row(0)[1] - 0.5).abs() < 1e-6);
/// let kept = erasure.keep()?.apply(&vectors)?;
/// assert!((kept.row(0)[0] - 1.0).abs() < 1e-6 && (kept.row(0)[1] - 0.5).abs() < 1e-6);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConceptErasure {
    /// `W U`, `d × r`: what is read of a vector.
    reading: Array2<f64>,
    /// `Uᵀ W⁺`, `r × d`: what is taken from it.
    writing: Array2<f64>,
    mean: Array1<f64>,
}

impl ConceptErasure {
    /// Fits to vectors (`n × d`) and their concept (`n × k`, the targets), with the least change of these vectors.
    ///
    /// # Errors
    /// [`Error::NoVariance`] when the vectors are all the same, or the concept is of all; [`Error::Decomposition`].
    pub fn new(pairs: &Pairs) -> Result<Self, Error> {
        Self::with_least_change(pairs, &Moments::of_rows(pairs.queries()))
    }

    /// As [`ConceptErasure::new`], with the least change of these vectors and others (`m × d`) together: for vectors of which few
    /// have a concept that is known. What is erased is still what the pairs say of the concept.
    ///
    /// # Errors
    /// Those of [`ConceptErasure::new`], and [`Error::Core`] for others of another dimension.
    pub fn among(pairs: &Pairs, others: &Embeddings) -> Result<Self, Error> {
        CoreError::check_dim("vectors beside those of a concept", pairs.query_dim(), others.dim())?;
        let own = Moments::of_rows(pairs.queries());
        Self::with_least_change(pairs, &own.joined(pairs.len(), &Moments::of(others), others.len()))
    }

    fn with_least_change(pairs: &Pairs, moments: &Moments) -> Result<Self, Error> {
        let axes = moments.principal_axes("vectors to erase a concept from")?;
        let mean = moments.mean();
        let least = RANK * (axes.values[0] + mean.dot(mean));
        let rank = axes.values.iter().take_while(|&&value| value > least).count();
        let vectors = axes.vectors.slice(s![.., ..rank]);
        let roots = axes.values.slice(s![..rank]).mapv(f64::sqrt);
        // W Σ in the coordinates of the axes.
        let whitened = vectors.t().dot(&covariance(pairs)?) / roots.view().insert_axis(Axis(1));
        let svd = linear_algebra().thin_svd(whitened.view())?;
        let directions = svd.singular_values.iter().take_while(|&&value| value > CORRELATION).count();
        let basis = svd.u.slice(s![.., ..directions]);
        Ok(Self {
            reading: (&vectors / &roots).dot(&basis),
            writing: basis.t().dot(&(&vectors * &roots).t()),
            mean: mean.clone(),
        })
    }

    /// How many directions the concept has, `r`: at most its columns, at most `d`, and 0 where nothing linear is said of it, so that
    /// nothing is erased.
    pub fn directions(&self) -> usize {
        self.writing.nrows()
    }

    /// `z = q − (q − μ) W U Uᵀ W⁺`: what is left without the concept, `d × d`.
    ///
    /// # Errors
    /// [`Error::Core`] when the map overflows `f32`.
    pub fn erase(&self) -> Result<AffineMap, Error> {
        let erased = self.erased();
        let bias = self.mean.dot(&erased);
        AffineMap::with_bias(Array2::eye(self.mean.len()) - erased, bias)
    }

    /// `z = (q − μ) W U Uᵀ W⁺`: what is erased, along the concept's directions alone, `d × d`. With what is left it is the whole vector.
    ///
    /// # Errors
    /// [`Error::Core`] when the map overflows `f32`.
    pub fn keep(&self) -> Result<AffineMap, Error> {
        AffineMap::centred(self.erased(), &self.mean)
    }

    /// `W U Uᵀ W⁺`, `d × d`.
    fn erased(&self) -> Array2<f64> {
        self.reading.dot(&self.writing)
    }
}

/// `Σ`, `d × k`, of vectors and a concept whose columns are brought to unit variance, which changes none of its directions.
fn covariance(pairs: &Pairs) -> Result<Array2<f64>, Error> {
    let (vectors, count) = (pairs.queries(), pairs.len() as f64);
    let centred = &vectors - &(vectors.sum_axis(Axis(0)) / count);
    Ok(centred.t().dot(&standardised(pairs.targets())?) / count)
}

/// Columns less their mean and of unit variance; zero where one does not vary.
fn standardised(concept: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    let (mut columns, count) = (concept.to_owned(), concept.nrows() as f64);
    let mut varies = false;
    for mut column in columns.columns_mut() {
        // Numbers of any size have a square then.
        let most = column.iter().fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
        column /= most;
        let squares = column.dot(&column);
        let mean = column.sum() / count;
        column -= mean;
        let left = column.dot(&column);
        // Rounding leaves a little variance where there is none.
        let some = left > 1e-12 * squares;
        column *= if some { (count / left).sqrt() } else { 0.0 };
        varies |= some;
    }
    if varies { Ok(columns) } else { Err(Error::NoVariance { what: "numbers of a concept" }) }
}
