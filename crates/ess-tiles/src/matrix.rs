//! A matrix whose rows may lie apart.

/// A matrix of `rows × columns` in `f32`; its rows begin `stride` numbers apart.
///
/// ```
/// use ess_tiles::Matrix;
///
/// // The last two of three columns.
/// let all = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let matrix = Matrix::new(&all[1..], [2, 2], 3);
/// assert_eq!(matrix.row(1), [5.0, 6.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'v> {
    values: &'v [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'v> Matrix<'v> {
    /// A matrix of the first `columns` numbers of each row.
    ///
    /// # Panics
    /// When there are no columns, rows overlap, or the last one is cut short.
    pub fn new(values: &'v [f32], [rows, columns]: [usize; 2], stride: usize) -> Self {
        assert!(columns > 0 && columns <= stride, "columns of a matrix, and how far its rows are apart");
        let fits = rows == 0 || span(rows, columns, stride).is_some_and(|span| values.len() >= span);
        assert!(fits, "a matrix of {rows} × {columns}");
        Self { values, rows, columns, stride }
    }

    /// A row-major matrix without gaps.
    ///
    /// # Panics
    /// When there are no columns, or not a whole number of rows.
    pub fn dense(values: &'v [f32], columns: usize) -> Self {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "whole rows of a matrix");
        Self::new(values, [values.len() / columns, columns], columns)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The row at `index`.
    ///
    /// # Panics
    /// When there is none.
    pub fn row(&self, index: usize) -> &'v [f32] {
        assert!(index < self.rows, "row {index} of {}", self.rows);
        &self.values[index * self.stride..][..self.columns]
    }

    /// `count` rows from `first` on, or those that there are.
    pub(crate) fn some(&self, first: usize, count: usize) -> Self {
        let first = first.min(self.rows);
        let start = (first * self.stride).min(self.values.len());
        Self { values: &self.values[start..], rows: count.min(self.rows - first), ..*self }
    }
}

/// How far the end of the last of some rows is behind the start of the first; `None` beyond all memory.
pub(crate) fn span(rows: usize, columns: usize, stride: usize) -> Option<usize> {
    rows.saturating_sub(1).checked_mul(stride)?.checked_add(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_where_the_stride_says() {
        let values = [1.0, 2.0, 9.0, 3.0, 4.0];
        let matrix = Matrix::new(&values, [2, 2], 3);
        assert_eq!((matrix.row(0), matrix.row(1)), (&values[..2], &values[3..]));
        assert_eq!((matrix.some(1, 5).rows(), matrix.some(1, 5).row(0)), (1, &values[3..]));
        assert_eq!(matrix.some(2, 1).rows(), 0);
        assert_eq!(Matrix::dense(&values[..4], 2).row(1), [9.0, 3.0]);
    }

    #[test]
    #[should_panic(expected = "a matrix of 2 × 2")]
    fn a_matrix_that_is_cut_short_is_refused() {
        Matrix::new(&[0.0; 4], [2, 2], 3);
    }
}
