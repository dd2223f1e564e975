//! Dense embeddings: a checked, row-major `n × d` matrix.

use ndarray::{Array2, ArrayView2, Axis};

use crate::error::Error;

/// A batch of `n ≥ 1` dense vectors of `d ≥ 1` finite components, row-major (`n × d`).
///
/// Checked once, when it is made; code that receives one need not check again.
///
/// ```
/// use ess_core::Embeddings;
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?;
/// assert_eq!((embeddings.len(), embeddings.dim()), (2, 2));
/// assert_eq!(embeddings.row(1), &[0.6, 0.8]);
/// assert!(Embeddings::from_rows(&[[f32::NAN, 0.0]]).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    // Standard layout, non-empty and finite: the constructors see to it.
    matrix: Array2<f32>,
}

impl Embeddings {
    /// Checks an `n × d` matrix and takes it over, without a copy when it is row-major.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows or columns, [`Error::NonFinite`] for a NaN or an infinity.
    pub fn new(matrix: Array2<f32>) -> Result<Self, Error> {
        if matrix.nrows() == 0 {
            return Err(Error::Empty { what: "rows of embeddings" });
        }
        if matrix.ncols() == 0 {
            return Err(Error::Empty { what: "dimensions of embeddings" });
        }
        let matrix =
            if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() };
        if let Some(values) = matrix.as_slice() {
            Error::check_finite("embeddings", values, matrix.ncols())?;
        }
        Ok(Self { matrix })
    }

    /// Reads `n` rows of `dim` components from one vector of `n · dim`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the length is no multiple of `dim`, and those of [`Embeddings::new`].
    pub fn from_vec(values: Vec<f32>, dim: usize) -> Result<Self, Error> {
        if dim == 0 {
            return Err(Error::Empty { what: "dimensions of embeddings" });
        }
        let rows = values.len() / dim;
        let found = values.len();
        let matrix = Array2::from_shape_vec((rows, dim), values).map_err(|_| Error::LengthMismatch {
            what: "values of an embedding matrix",
            expected: (rows + 1).saturating_mul(dim),
            found,
        })?;
        Self::new(matrix)
    }

    /// Copies rows of equal length.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when the rows differ in length, and those of [`Embeddings::new`].
    pub fn from_rows<R: AsRef<[f32]>>(rows: &[R]) -> Result<Self, Error> {
        let dim = rows.first().ok_or(Error::Empty { what: "rows of embeddings" })?.as_ref().len();
        let mut values = Vec::with_capacity(rows.len() * dim);
        for row in rows {
            Error::check_dim("rows of embeddings", dim, row.as_ref().len())?;
            values.extend_from_slice(row.as_ref());
        }
        Self::from_vec(values, dim)
    }

    /// The number of vectors, `n`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.matrix.nrows()
    }

    /// The dimension of each vector, `d`.
    pub fn dim(&self) -> usize {
        self.matrix.ncols()
    }

    /// The `n × d` matrix.
    pub fn view(&self) -> ArrayView2<'_, f32> {
        self.matrix.view()
    }

    /// All components, row after row.
    pub fn as_slice(&self) -> &[f32] {
        self.matrix.as_slice().unwrap_or(&[])
    }

    /// One vector.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn row(&self, row: usize) -> &[f32] {
        let dim = self.dim();
        &self.as_slice()[row * dim..(row + 1) * dim]
    }

    /// The vectors one by one, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.as_slice().chunks_exact(self.dim())
    }

    /// Gives the matrix back.
    pub fn into_matrix(self) -> Array2<f32> {
        self.matrix
    }

    /// Copies the named rows, in the order given; a row may be named twice.
    ///
    /// # Errors
    /// [`Error::RowOutOfRange`] for a row beyond the end, [`Error::Empty`] for no row at all.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        if rows.is_empty() {
            return Err(Error::Empty { what: "selected rows" });
        }
        if let Some(&row) = rows.iter().find(|&&row| row >= self.len()) {
            return Err(Error::RowOutOfRange { what: "selected rows", row, len: self.len() });
        }
        Ok(Self { matrix: self.matrix.select(Axis(0), rows) })
    }

    /// Scales every row to unit norm (Euclidean); a row of zeros stays as it is.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        for mut row in self.matrix.rows_mut() {
            let norm = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
            if norm > 0.0 {
                row.mapv_inplace(|x| (f64::from(x) / norm) as f32);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn column_major_input_is_brought_into_row_order() {
        let embeddings = Embeddings::new(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].reversed_axes()).unwrap();
        assert_eq!(embeddings.as_slice(), &[1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    }

    #[test]
    fn empty_input_is_refused() {
        assert!(matches!(Embeddings::new(Array2::zeros((0, 3))), Err(Error::Empty { .. })));
        assert!(matches!(Embeddings::new(Array2::zeros((3, 0))), Err(Error::Empty { .. })));
        assert!(matches!(Embeddings::from_rows::<[f32; 2]>(&[]), Err(Error::Empty { .. })));
        assert!(matches!(Embeddings::from_vec(vec![], 3), Err(Error::Empty { .. })));
        assert!(matches!(Embeddings::from_vec(vec![1.0], 0), Err(Error::Empty { .. })));
    }

    #[test]
    fn ragged_input_is_refused() {
        let ragged: [&[f32]; 2] = [&[1.0, 2.0], &[3.0]];
        let found = Embeddings::from_rows(&ragged);
        assert!(matches!(found, Err(Error::DimensionMismatch { expected: 2, found: 1, .. })));
        let found = Embeddings::from_vec(vec![1.0; 5], 2);
        assert!(matches!(found, Err(Error::LengthMismatch { expected: 6, found: 5, .. })));
    }

    #[test]
    fn selecting_beyond_the_end_is_refused() {
        let embeddings = Embeddings::from_rows(&[[1.0], [2.0]]).unwrap();
        assert_eq!(embeddings.select(&[1, 0, 1]).unwrap().as_slice(), &[2.0, 1.0, 2.0]);
        assert!(matches!(embeddings.select(&[2]), Err(Error::RowOutOfRange { row: 2, len: 2, .. })));
        assert!(matches!(embeddings.select(&[]), Err(Error::Empty { .. })));
    }

    #[test]
    fn a_row_of_zeros_survives_normalisation() {
        let embeddings = Embeddings::from_rows(&[[0.0, 0.0], [3.0, 4.0]]).unwrap().normalized();
        assert_eq!(embeddings.as_slice(), &[0.0, 0.0, 0.6, 0.8]);
    }

    proptest! {
        #[test]
        fn the_first_non_finite_value_is_named(
            n in 1_usize..6, d in 1_usize..6, at in 0_usize..36, bad in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
        ) {
            let at = at % (n * d);
            let mut values = vec![1.0; n * d];
            values[at] = bad;
            let error = Embeddings::from_vec(values, d).unwrap_err();
            let named = matches!(error, Error::NonFinite { row, column, .. } if row == at / d && column == at % d);
            prop_assert!(named);
        }

        #[test]
        fn huge_but_finite_values_pass(x in prop::num::f32::NORMAL) {
            prop_assert!(Embeddings::from_rows(&[[x, f32::MAX, f32::MIN, x]]).is_ok());
        }
    }
}
