//! Vectors of which few components are not zero.

use ess_core::{Encoding, Error};
use ndarray::Array2;

use super::sparse_rows::SparseRows;

/// A batch of `n` sparse vectors of `dim` components: for each the indices of those that are not zero, ascending, and their values.
///
/// A vector may have no component but zeros, such as that of a query whose words no item has.
///
/// ```
/// use ess_lexical::SparseVectors;
///
/// let queries = SparseVectors::new(4, &[vec![(1, 2.0), (3, 1.0)]])?;
/// let items = SparseVectors::new(4, &[vec![(0, 5.0)], vec![(1, 0.5), (2, 9.0)]])?;
/// assert_eq!(queries.inner_products(&items)?.as_slice(), Some(&[0.0, 1.0][..]));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseVectors {
    dim: usize,
    // Where each row starts in the two lists, and where the last ends: n + 1 numbers.
    starts: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f32>,
}

impl SparseVectors {
    /// Takes rows of (index, value) in any order.
    ///
    /// # Errors
    /// [`Error::Empty`] for no row or `dim` 0, [`Error::InvalidParameter`] for an index that is `dim` or more or
    /// stands twice in a row, [`Error::NonFinite`] for a NaN or an infinity.
    pub fn new(dim: usize, rows: &[Vec<(u32, f32)>]) -> Result<Self, Error> {
        if rows.is_empty() || dim == 0 {
            let what = if dim == 0 { "dimensions of sparse vectors" } else { "rows of sparse vectors" };
            return Err(Error::Empty { what });
        }
        let mut vectors = Self { dim, starts: vec![0], indices: Vec::new(), values: Vec::new() };
        for row in rows {
            vectors.push(row)?;
        }
        Ok(vectors)
    }

    /// Takes rows whose indices ascend and are below `dim`.
    pub(super) fn from_rows(dim: usize, parts: Vec<SparseRows>) -> Result<Self, Error> {
        let mut vectors = Self { dim, starts: vec![0], indices: Vec::new(), values: Vec::new() };
        for part in parts {
            let before = vectors.indices.len();
            vectors.starts.extend(part.ends.iter().map(|end| before + end));
            append(&mut vectors.indices, part.components);
            append(&mut vectors.values, part.values);
        }
        if vectors.rows() == 0 {
            return Err(Error::Empty { what: "rows of sparse vectors" });
        }
        match vectors.values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(vectors.non_finite(at)),
            None => Ok(vectors),
        }
    }

    fn non_finite(&self, at: usize) -> Error {
        let row = self.starts.partition_point(|start| *start <= at) - 1;
        let (column, value) = (self.indices[at] as usize, self.values[at]);
        Error::NonFinite { what: "sparse vectors", row, column, value }
    }

    fn push(&mut self, row: &[(u32, f32)]) -> Result<(), Error> {
        let at = self.starts.len() - 1;
        let mut row = row.to_vec();
        row.sort_unstable_by_key(|(index, _)| *index);
        let twice = row.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0);
        let beyond = row.last().map(|last| last.0).filter(|index| *index as usize >= self.dim);
        if let Some(index) = twice.or(beyond) {
            return Err(Error::InvalidParameter {
                name: "index in a sparse vector",
                expected: "below the dimension, and once in a row",
                found: format!("{index} in row {at} of dimension {}", self.dim),
            });
        }
        if let Some(&(index, value)) = row.iter().find(|(_, value)| !value.is_finite()) {
            let (what, column) = ("sparse vectors", index as usize);
            return Err(Error::NonFinite { what, row: at, column, value });
        }
        self.indices.extend(row.iter().map(|(index, _)| index));
        self.values.extend(row.iter().map(|(_, value)| value));
        self.starts.push(self.indices.len());
        Ok(())
    }

    /// The dimension of the vectors, zeros counted.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The values of one row with their indices, ascending.
    ///
    /// # Panics
    /// When `row ≥ n`, as slices do.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (u32, f32)> + Clone {
        let range = self.starts[row]..self.starts[row + 1];
        let values = self.values[range.clone()].iter().copied();
        self.indices[range].iter().copied().zip(values)
    }

    /// The indices and values of all rows, one row after the other, and where each row starts and the last ends.
    pub(super) fn parts(&self) -> (&[usize], &[u32], &[f32]) {
        (&self.starts, &self.indices, &self.values)
    }

    /// The inner product of every row of `self` with every row of `items`: `n × m`.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] when the dimensions differ.
    pub fn inner_products(&self, items: &Self) -> Result<Array2<f32>, Error> {
        Error::check_dim("sparse vectors that are compared", self.dim, items.dim)?;
        let product = |(query, item): (usize, usize)| {
            let mut item = items.row(item).peekable();
            let mut sum = 0.0;
            for (index, value) in self.row(query) {
                while item.next_if(|(other, _)| *other < index).is_some() {}
                if let Some((_, other)) = item.next_if(|(other, _)| *other == index) {
                    sum += value * other;
                }
            }
            sum
        };
        Ok(Array2::from_shape_fn((self.rows(), items.rows()), product))
    }
}

impl Encoding for SparseVectors {
    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        let (what, len) = ("selected rows", self.rows());
        if let Some(&row) = rows.iter().find(|row| **row >= len) {
            return Err(Error::RowOutOfRange { what, row, len });
        }
        let mut selected = SparseRows::default();
        rows.iter().for_each(|&row| selected.push(self.row(row)));
        Self::from_rows(self.dim, vec![selected])
    }
}

/// Moves the numbers of a list behind those of another; a first list is not copied.
fn append<T: Copy>(list: &mut Vec<T>, more: Vec<T>) {
    if list.is_empty() { *list = more } else { list.extend_from_slice(&more) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_rows_are_refused() {
        assert!(matches!(SparseVectors::new(3, &[]), Err(Error::Empty { .. })));
        assert!(matches!(SparseVectors::new(0, &[vec![]]), Err(Error::Empty { .. })));
        for row in [vec![(3, 1.0)], vec![(1, 1.0), (1, 2.0)]] {
            assert!(matches!(SparseVectors::new(3, &[row]), Err(Error::InvalidParameter { .. })));
        }
        let nan = SparseVectors::new(3, &[vec![], vec![(2, f32::NAN)]]);
        assert!(matches!(nan, Err(Error::NonFinite { row: 1, column: 2, .. })));
        let vectors = SparseVectors::new(3, &[vec![]]).unwrap();
        assert!(matches!(vectors.select_rows(&[1]), Err(Error::RowOutOfRange { row: 1, len: 1, .. })));
        assert!(matches!(vectors.select_rows(&[]), Err(Error::Empty { .. })));
        let other = SparseVectors::new(4, &[vec![]]).unwrap();
        assert!(matches!(vectors.inner_products(&other), Err(Error::DimensionMismatch { .. })));
    }

    fn dense(vectors: &SparseVectors, row: usize) -> Vec<f32> {
        let mut dense = vec![0.0; vectors.dim()];
        vectors.row(row).for_each(|(index, value)| dense[index as usize] = value);
        dense
    }

    fn vectors() -> impl Strategy<Value = SparseVectors> {
        let row = prop::collection::btree_map(0_u32..9, -4.0_f32..4.0, 0..9);
        let rows = prop::collection::vec(row.prop_map(|row| row.into_iter().collect::<Vec<_>>()), 1..6);
        rows.prop_map(|rows| SparseVectors::new(9, &rows).unwrap())
    }

    proptest! {
        #[test]
        fn inner_products_are_those_of_the_dense_vectors(queries in vectors(), items in vectors()) {
            let found = queries.inner_products(&items).unwrap();
            for ((query, item), &found) in found.indexed_iter() {
                let expected: f32 = dense(&queries, query).iter().zip(dense(&items, item)).map(|(a, b)| a * b).sum();
                prop_assert!((found - expected).abs() < 1e-4);
            }
        }
    }
}
