//! Matrix products with strides.

/// `left · right`, `m × n`, of a left matrix of `m × k` and a right matrix of `k × n`.
pub(crate) struct Product<'m> {
    /// `m`, `k`, `n`.
    pub(crate) shape: [usize; 3],
    /// Numbers, and how far apart rows and columns are.
    pub(crate) left: (&'m [f32], [usize; 2]),
    /// Numbers, and how far apart rows and columns are.
    pub(crate) right: (&'m [f32], [usize; 2]),
}

impl Product<'_> {
    /// Adds the product to a row-major matrix whose rows are `row_stride` apart.
    pub(crate) fn add_to(&self, sums: &mut [f32], row_stride: usize) {
        let [m, k, n] = self.shape;
        check_covers("left", self.left.0, [m, k], self.left.1);
        check_covers("right", self.right.0, [k, n], self.right.1);
        check_covers("sums", sums, [m, n], [row_stride, 1]);
        assert!(m <= 1 || n <= row_stride, "rows of the sums overlap");
        let [left_row, left_column] = self.left.1.map(|stride| stride as isize);
        let [right_row, right_column] = self.right.1.map(|stride| stride as isize);
        // SAFETY: the three checks above show that every element which the strides reach lies inside its slice;
        // `sums` is borrowed mutably, so it overlaps neither input, and its rows do not overlap each other.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                sums.as_mut_ptr(),
                1,
                row_stride as isize,
                true,
                self.left.0.as_ptr(),
                left_column,
                left_row,
                self.right.0.as_ptr(),
                right_column,
                right_row,
                1.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}

fn check_covers(name: &str, values: &[f32], [rows, columns]: [usize; 2], strides: [usize; 2]) {
    if rows > 0 && columns > 0 {
        let last = (rows - 1) * strides[0] + (columns - 1) * strides[1];
        assert!(last < values.len(), "{name} matrix of a product is too short");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Product;

    proptest! {
        #[test]
        fn a_product_is_the_sum_of_products(
            m in 1_usize..20, k in 1_usize..20, n in 1_usize..20, extra in 0_usize..3, transposed: bool, seed in 0_u32..99,
        ) {
            let number = |i: usize| ((i as u32 * 37 + seed) % 17) as f32 - 8.0;
            let left: Vec<f32> = (0..m * (k + extra)).map(number).collect();
            let right: Vec<f32> = (0..k * n).map(number).collect();
            let right_strides = if transposed { [1, k] } else { [n, 1] };
            let product = Product {
                shape: [m, k, n],
                left: (&left, [k + extra, 1]),
                right: (&right, right_strides),
            };
            let mut found = vec![1.0; m * (n + extra)];
            product.add_to(&mut found, n + extra);
            for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let term = |l: usize| left[i * (k + extra) + l] * right[l * right_strides[0] + j * right_strides[1]];
                let expected = 1.0 + (0..k).map(term).sum::<f32>();
                prop_assert!((found[i * (n + extra) + j] - expected).abs() < 1e-3);
            }
        }
    }

    #[test]
    #[should_panic(expected = "left matrix of a product is too short")]
    fn a_matrix_that_is_too_short_is_refused() {
        let product = Product { shape: [2, 2, 2], left: (&[0.0; 3], [2, 1]), right: (&[0.0; 4], [2, 1]) };
        product.add_to(&mut [0.0; 4], 2);
    }
}
