//! Rows of components, all of one length.

use crate::error::Error;

/// A row-major `n × d` matrix that training changes: encodings of entities, parameters of relations.
///
/// ```
/// use ess_relations::Rows;
///
/// let rows = Rows::from_vec(vec![1.0, 2.0, 3.0, 4.0], 2)?;
/// assert_eq!((rows.len(), rows.row(1)), (2, &[3.0, 4.0][..]));
/// # Ok::<(), ess_relations::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    values: Vec<f32>,
    dim: usize,
}

impl Rows {
    /// `n` rows of `dim` zeros.
    pub fn zeros(n: usize, dim: usize) -> Self {
        Self { values: vec![0.0; n * dim], dim }
    }

    /// Rows of `dim` components, one after the other.
    ///
    /// # Errors
    /// [`Error::Config`] for a length that is no multiple of `dim`, [`Error::NotFinite`] for a NaN or an infinity.
    pub fn from_vec(values: Vec<f32>, dim: usize) -> Result<Self, Error> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            let found = format!("{} numbers in rows of {dim}", values.len());
            return Err(Error::Config { name: "rows", expected: "whole rows of at least one number", found });
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::NotFinite { what: "rows", row: at / dim, column: at % dim }),
            None => Ok(Self { values, dim }),
        }
    }

    /// The number of rows, `n`.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The components of a row, `d`.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// One row.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.dim..][..self.dim]
    }

    /// One row, to be changed.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[row * self.dim..][..self.dim]
    }

    /// All components, row after row.
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// All components, row after row, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut self.values
    }
}
