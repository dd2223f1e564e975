//! Products of rows in `f32` with columns.

use std::cell::Cell;

use crate::{
    block::Block,
    columns::Columns,
    line::Line,
    matrix::Matrix,
    rows::{Rows, rows_in},
    tiles::Tiles,
};

/// Rows are split and multiplied so many bytes at a time: they stay in the second-level cache while all columns pass by.
const ROWS_IN_CACHE: usize = 1 << 20;

thread_local! {
    // What rows were split into last, to be written again.
    static LINES: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

impl Tiles {
    /// Gives `finish` the product of rows (`n × inputs`) with columns, block by block; each sum is in one block.
    ///
    /// A row's sums do not depend on the rows beside it, to the bit. What is not finite in a row or a column gives sums that
    /// are not finite in that row or column alone. One thread; `finish` may multiply too, but use no other library's products on the
    /// tile unit.
    ///
    /// # Panics
    /// When the rows are not as long as the columns.
    pub fn multiply(self, rows: Matrix<'_>, columns: &Columns, mut finish: impl FnMut(Block<'_>)) {
        self.split(rows, columns, |first, rows| {
            rows.multiply(columns, |block| finish(Block { first_row: first + block.first_row, ..block }));
        });
    }

    /// Writes the product of rows (`n × inputs`) with columns into `out`, whose rows begin `stride` numbers apart. Each gets 32
    /// sums for every 32 columns begun: behind the last column's sum zeros, or NaN where the row is not finite.
    ///
    /// # Panics
    /// When the rows are not as long as the columns, or `out` has no room.
    pub fn multiply_into(self, rows: Matrix<'_>, columns: &Columns, out: &mut [f32], stride: usize) {
        self.split(rows, columns, |first, rows| {
            rows.multiply_into(columns, &mut out[first * stride..], stride)
        });
    }

    fn split(self, rows: Matrix<'_>, columns: &Columns, mut each: impl FnMut(usize, &Rows)) {
        let together = rows_in(ROWS_IN_CACHE, columns.inputs(), columns.parts());
        let mut lines = LINES.take();
        for first in (0..rows.rows()).step_by(together) {
            let split = Rows::in_lines(self, rows.some(first, together), columns.parts(), lines);
            each(first, &split);
            lines = split.into_lines();
        }
        LINES.set(lines);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{block::BLOCK_COLUMNS, parts::Parts};

    fn product(rows: &[f32], columns: &Columns) -> Option<Vec<f32>> {
        let tiles = Tiles::detect()?;
        let outputs = columns.outputs();
        let mut found = vec![f32::NAN; rows.len() / columns.inputs() * outputs];
        tiles.multiply(Matrix::dense(rows, columns.inputs()), columns, |block| {
            for (sums, row) in block.sums.iter().zip(block.first_row..) {
                let found = &mut found[row * outputs + block.first_column..][..block.columns];
                assert!(found.iter().all(|sum| sum.is_nan()), "a sum came twice");
                found.copy_from_slice(&sums[..block.columns]);
            }
        });
        Some(found)
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let bits =
            |i: usize| (i as u32 + 1).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503));
        (0..count)
            .map(|i| ((bits(i) ^ bits(i) >> 15).wrapping_mul(2_246_822_519) >> 8) as f32 / 8_388_608.0 - 1.0)
            .collect()
    }

    proptest! {
        #[test]
        fn products_are_as_near_as_those_of_f32_and_rows_do_not_know_each_other(
            n in 0_usize..100,
            inputs in 1_usize..150,
            outputs in 1_usize..150,
            seed in 0_u32..999,
        ) {
            let (rows, values) = (numbers(n * inputs, seed), numbers(outputs * inputs, seed + 1));
            for (parts, error) in [(Parts::Full, 3e-7), (Parts::Rounded, 1e-5), (Parts::Single, 5e-3)] {
                let columns = Columns::new(Matrix::dense(&values, inputs), parts);
                let Some(found) = product(&rows, &columns) else { return Ok(()) };
                let kept = columns.to_rows();
                // Of numbers below 1: half a unit in the last place for each product and each sum, or the cut of a row.
                let bound = inputs as f64 * error;
                for (row, found) in rows.chunks_exact(inputs).zip(found.chunks_exact(outputs)) {
                    for (column, &found) in kept.chunks_exact(inputs).zip(found) {
                        let sum: f64 = row.iter().zip(column).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        prop_assert!((f64::from(found) - sum).abs() <= bound, "{parts:?}: {found}, expected {sum}");
                    }
                    prop_assert_eq!(&product(row, &columns).unwrap(), found);
                }
                let (width, tiles) = (outputs.next_multiple_of(BLOCK_COLUMNS), Tiles::detect().unwrap());
                let mut into = vec![7.0; n * (width + 5)];
                tiles.multiply_into(Matrix::dense(&rows, inputs), &columns, &mut into, width + 5);
                for (into, found) in into.chunks_exact(width + 5).zip(found.chunks_exact(outputs)) {
                    prop_assert_eq!(&into[..outputs], found);
                    prop_assert!(into[outputs..width].iter().all(|&sum| sum == 0.0) && into[width..] == [7.0; 5]);
                }
                into.fill(1.0);
                tiles.rows(Matrix::dense(&rows, inputs), parts).multiply_add(&columns, &mut into, width + 5);
                for (into, found) in into.chunks_exact(width + 5).zip(found.chunks_exact(outputs)) {
                    for (into, found) in into.iter().zip(found) {
                        prop_assert!((into - 1.0 - found).abs() < 1e-4 * (1.0 + found.abs()));
                    }
                    prop_assert!(into[outputs..] == vec![1.0; width + 5 - outputs]);
                }
            }
        }
    }

    #[test]
    fn whole_numbers_are_multiplied_exactly() {
        let rows: Vec<f32> = (0..50 * 70).map(|i| (i * 37 % 4001) as f32 - 2000.0).collect();
        let values: Vec<f32> = (0..40 * 70).map(|i| (i * 53 % 101) as f32 - 50.0).collect();
        let Some(found) = product(&rows, &Columns::new(Matrix::dense(&values, 70), Parts::Full)) else {
            return;
        };
        for (row, found) in rows.chunks_exact(70).zip(found.chunks_exact(40)) {
            for (column, &found) in values.chunks_exact(70).zip(found) {
                // Each partial sum is a whole number below 2^24.
                let sum: f32 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                assert_eq!(found, sum);
            }
        }
    }

    #[test]
    fn what_is_not_finite_stays_in_its_row_or_column() {
        let (mut rows, mut values) = (numbers(40 * 33, 1), numbers(35 * 33, 2));
        rows[17 * 33 + 4] = f32::INFINITY;
        values[20 * 33 + 5] = f32::NAN;
        let Some(found) = product(&rows, &Columns::new(Matrix::dense(&values, 33), Parts::Full)) else {
            return;
        };
        for (at, sum) in found.iter().enumerate() {
            assert_eq!(
                sum.is_finite(),
                at / 35 != 17 && at % 35 != 20,
                "row {}, column {}",
                at / 35,
                at % 35
            );
        }
    }

    #[test]
    fn a_product_inside_another_disturbs_neither() {
        let Some(tiles) = Tiles::detect() else { return };
        let (rows, columns) =
            (numbers(40 * 33, 1), Columns::new(Matrix::dense(&numbers(70 * 33, 2), 33), Parts::Full));
        let expected = product(&rows, &columns).unwrap();
        let mut found = vec![0.0; expected.len()];
        tiles.multiply(Matrix::dense(&rows, 33), &columns, |block| {
            assert_eq!(product(&rows[..33], &columns).unwrap(), expected[..70]);
            for (sums, row) in block.sums.iter().zip(block.first_row..) {
                found[row * 70 + block.first_column..][..block.columns]
                    .copy_from_slice(&sums[..block.columns]);
            }
        });
        assert_eq!(found, expected);
    }
}
