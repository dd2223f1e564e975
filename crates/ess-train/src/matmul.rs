//! Matrix products on the CPU, on one thread.

use gemm::{Parallelism, gemm};

/// A matrix in a slice: element `(i, j)` is at `i · row_stride + j · column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns);
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Some of the columns.
    pub(crate) fn columns(self, range: std::ops::Range<usize>) -> Self {
        assert!(range.start < range.end && range.end <= self.columns);
        let values = &self.values[range.start * self.column_stride..];
        Self { values, columns: range.len(), ..self }
    }
}

/// The inner product. Sixteen running sums in fixed places: the result does not depend on the vector instructions.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a, b) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a.zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// `out = keep · out + factor · (a × b)`, with `out` row-major.
pub(crate) fn multiply_add(out: &mut [f32], keep: f32, a: Matrix<'_>, b: Matrix<'_>, factor: f32) {
    assert_eq!(a.columns, b.rows);
    assert_eq!(out.len(), a.rows * b.columns);
    let stride = |stride: usize| stride as isize;
    // SAFETY: the sizes are those of the three slices, as `Matrix` and the lines above check, so every index
    // `i · row_stride + j · column_stride` lies inside its slice; `out` is borrowed alone.
    unsafe {
        gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            stride(b.columns),
            keep != 0.0,
            a.values.as_ptr(),
            stride(a.column_stride),
            stride(a.row_stride),
            b.values.as_ptr(),
            stride(b.column_stride),
            stride(b.row_stride),
            keep,
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ArrayView2};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn some_columns_of_a_matrix_and_of_its_transpose() {
        let values: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let one = Matrix::new(&[1.0], 1, 1);
        let (matrix, mut out) = (Matrix::new(&values, 3, 4), [0.0; 3]);
        multiply_add(&mut out, 0.0, matrix.columns(2..3), one, 1.0);
        assert_eq!(out, [2.0, 6.0, 10.0]);
        let mut out = [0.0; 4];
        multiply_add(&mut out, 0.0, matrix.transposed().columns(1..2), one, 1.0);
        assert_eq!(out, [4.0, 5.0, 6.0, 7.0]);
    }

    #[test]
    fn an_inner_product_sums_what_sixteen_lanes_hold_and_the_rest() {
        // 2 · (1 + 2 + … + 35), over two rounds of sixteen and three more.
        let values: Vec<f32> = (1..=35).map(|i| i as f32).collect();
        assert_eq!(dot(&values, &[2.0; 35]), 1260.0);
        assert_eq!(dot(&values[..3], &[2.0; 3]), 12.0);
    }

    proptest! {
        #[test]
        fn agrees_with_ndarray(m in 1_usize..20, k in 1_usize..20, n in 1_usize..20, keep in prop::sample::select(vec![0.0_f32, 1.0, 0.5])) {
            let fill = |rows: usize, columns: usize| Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 7 + j * 3) as f32).sin());
            let (a, b, old) = (fill(m, k), fill(n, k), fill(m, n));
            let expected = &old * keep + a.dot(&b.t()) * 2.0;
            let mut out = old.as_slice().unwrap().to_vec();
            let a = Matrix::new(a.as_slice().unwrap(), m, k);
            let b = Matrix::new(b.as_slice().unwrap(), n, k).transposed();
            multiply_add(&mut out, keep, a, b, 2.0);
            let out = ArrayView2::from_shape((m, n), &out).unwrap();
            prop_assert!(out.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-4));
        }
    }
}
