//! Matrix products on the CPU, on one thread.

use gemm::{Parallelism, gemm};

/// A matrix in a slice: element `(i, j)` is at `i · row_stride + j · column_stride`.
///
/// ```
/// use ess_linalg::kernels::{Matrix, multiply_add};
///
/// let (a, b, mut out) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0], [0.0; 2]);
/// multiply_add(&mut out, 0.0, Matrix::new(&a, 2, 2), Matrix::new(&b, 2, 1), 1.0);
/// assert_eq!(out, [17.0, 39.0]);
/// ```
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix, `rows × columns`.
    ///
    /// # Panics
    /// If there is another number of values.
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns);
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// A row-major matrix, `rows × columns`, whose rows begin `stride` values after each other.
    ///
    /// # Panics
    /// If it is empty, or does not fit into `values`.
    pub fn with_stride(values: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(
            rows > 0 && columns > 0 && columns <= stride && values.len() >= (rows - 1) * stride + columns
        );
        Self { values, rows, columns, row_stride: stride, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// The columns in a range.
    ///
    /// # Panics
    /// If the range is empty or ends beyond the columns.
    pub fn columns(self, range: std::ops::Range<usize>) -> Self {
        assert!(range.start < range.end && range.end <= self.columns);
        let values = &self.values[range.start * self.column_stride..];
        Self { values, columns: range.len(), ..self }
    }
}

/// The inner product of two vectors of the same length. It keeps sixteen running sums, so the result does not depend on the
/// vector instructions.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
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

/// `out = keep · out + factor · (a × b)`, with `out` row-major. Where `keep` is 0, what `out` held does not matter.
///
/// # Panics
/// If the shapes do not agree.
pub fn multiply_add(out: &mut [f32], keep: f32, a: Matrix<'_>, b: Matrix<'_>, factor: f32) {
    assert_eq!(out.len(), a.rows * b.columns);
    multiply_add_strided(out, b.columns, keep, a, b, factor);
}

/// As [`multiply_add`], with rows of `out` that begin `stride` values after each other. Values between rows stay as they are.
///
/// # Panics
/// If the shapes do not agree, or `out` is too short.
pub fn multiply_add_strided(
    out: &mut [f32],
    stride: usize,
    keep: f32,
    a: Matrix<'_>,
    b: Matrix<'_>,
    factor: f32,
) {
    assert_eq!(a.columns, b.rows);
    assert!(b.columns <= stride && (a.rows == 0 || out.len() >= (a.rows - 1) * stride + b.columns));
    let signed = |stride: usize| stride as isize;
    // SAFETY: the sizes are those of the three slices, as `Matrix` and the lines above check, so every index
    // `i · row_stride + j · column_stride` lies inside its slice; `out` is borrowed alone.
    unsafe {
        gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            signed(stride),
            keep != 0.0,
            a.values.as_ptr(),
            signed(a.column_stride),
            signed(a.row_stride),
            b.values.as_ptr(),
            signed(b.column_stride),
            signed(b.row_stride),
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
    use ndarray::{Array2, ArrayView2, s};
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

        #[test]
        fn agrees_with_ndarray_at_any_stride(m in 1_usize..20, k in 1_usize..20, n in 1_usize..20, gap in 0_usize..3) {
            let fill = |rows: usize, columns: usize| Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 7 + j * 3) as f32).sin());
            let (a, b) = (fill(m, k + gap), fill(n, k));
            let expected = a.slice(s![.., ..k]).dot(&b.t());
            let mut out = vec![1.0; m * (n + gap)];
            let left = Matrix::with_stride(a.as_slice().unwrap(), m, k, k + gap);
            let right = Matrix::new(b.as_slice().unwrap(), n, k).transposed();
            multiply_add_strided(&mut out, n + gap, 1.0, left, right, 1.0);
            for (i, row) in out.chunks(n + gap).enumerate() {
                prop_assert!((0..n).all(|j| (row[j] - 1.0 - expected[(i, j)]).abs() < 1e-4));
                prop_assert!(row[n..].iter().all(|&rest| rest == 1.0));
            }
        }
    }
}
