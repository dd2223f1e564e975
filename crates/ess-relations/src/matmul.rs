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
        Self::with_stride(values, rows, columns, columns)
    }

    /// A row-major matrix whose rows begin `stride` numbers after each other.
    pub(crate) fn with_stride(values: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(
            rows > 0 && columns > 0 && columns <= stride && values.len() >= (rows - 1) * stride + columns
        );
        Self { values, rows, columns, row_stride: stride, column_stride: 1 }
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
}

/// `out = keep · out + a × b`, with `out` row-major and rows that begin `stride` numbers after each other.
pub(crate) fn multiply_add(out: &mut [f32], stride: usize, keep: f32, a: Matrix<'_>, b: Matrix<'_>) {
    assert_eq!(a.columns, b.rows);
    assert!(b.columns <= stride && out.len() >= (a.rows - 1) * stride + b.columns);
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
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_ndarray_at_any_stride(m in 1_usize..20, k in 1_usize..20, n in 1_usize..20, gap in 0_usize..3) {
            let fill = |rows: usize, columns: usize| Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 7 + j * 3) as f32).sin());
            let (a, b) = (fill(m, k + gap), fill(n, k));
            let expected = a.slice(ndarray::s![.., ..k]).dot(&b.t());
            let mut out = vec![1.0; m * (n + gap)];
            let left = Matrix::with_stride(a.as_slice().unwrap(), m, k, k + gap);
            multiply_add(&mut out, n + gap, 1.0, left, Matrix::new(b.as_slice().unwrap(), n, k).transposed());
            for (i, row) in out.chunks(n + gap).enumerate() {
                prop_assert!((0..n).all(|j| (row[j] - 1.0 - expected[(i, j)]).abs() < 1e-4));
                prop_assert!(row[n..].iter().all(|&rest| rest == 1.0));
            }
        }
    }
}
