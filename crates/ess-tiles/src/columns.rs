//! Columns that many rows are multiplied with, in the order of tiles.

use crate::{
    block::BLOCK_COLUMNS,
    line::{Line, NUMBERS, TILE},
    matrix::Matrix,
    operands::{Strips, lines_of_strip},
    parts::{Parts, split, widened},
    tiles::Tiles,
};

/// The columns of a product, such as the outputs of a linear layer, laid out once.
///
/// They take 6 bytes for each number by [`Parts::Full`], and 2 by the others.
///
/// ```
/// use ess_tiles::{Columns, Matrix, Parts};
///
/// let values = [1.0, 0.1, -3.0, 0.5, 7.0, 1e-3];
/// assert_eq!(Columns::new(Matrix::dense(&values, 3), Parts::Full).to_rows(), values);
/// ```
#[derive(Clone, Debug)]
pub struct Columns {
    /// Strips of 32 columns: for each 32 inputs and each part two tiles, which have a line for each two inputs.
    lines: Vec<Line>,
    parts: Parts,
    inputs: usize,
    outputs: usize,
}

impl Columns {
    /// Lays out the rows of a matrix, `outputs × inputs`, as columns. [`Tiles::columns`] does the same many times as
    /// fast, but for parts below 1.2e-38, which it takes for zeros.
    pub fn new(matrix: Matrix<'_>, parts: Parts) -> Self {
        let mut columns = Self::zeros([matrix.rows(), matrix.columns()], parts);
        for output in 0..matrix.rows() {
            for (input, &value) in matrix.row(output).iter().enumerate() {
                for (part, bits) in split(value).into_iter().take(parts.of_columns()).enumerate() {
                    let (line, at) = columns.place(output, input, part);
                    columns.lines[line].0[at] = bits;
                }
            }
        }
        columns
    }

    pub(crate) fn zeros([outputs, inputs]: [usize; 2], parts: Parts) -> Self {
        let mut columns = Self { lines: Vec::new(), parts, inputs, outputs };
        columns.lines = vec![Line::default(); outputs.div_ceil(BLOCK_COLUMNS) * columns.strip_lines()];
        columns
    }

    /// The columns as they are kept, `outputs × inputs`: as they were by [`Parts::Full`], rounded to bfloat16 by
    /// the others.
    pub fn to_rows(&self) -> Vec<f32> {
        let value = |output: usize, input: usize| {
            // The smallest part first, so that the sum is exact.
            (0..self.parts.of_columns()).rev().fold(0.0, |sum, part| {
                let (line, at) = self.place(output, input, part);
                sum + widened(self.lines[line].0[at])
            })
        };
        (0..self.outputs).flat_map(|output| (0..self.inputs).map(move |input| value(output, input))).collect()
    }

    /// The number of columns.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The length of a column, and of the rows that it is multiplied with.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How finely the product is taken.
    pub fn parts(&self) -> Parts {
        self.parts
    }

    /// Strips of 32 columns, the last one filled up with zeros.
    pub(crate) fn strips(&self) -> Strips<'_> {
        Strips { lines: &self.lines, lines_of_strip: self.strip_lines(), count: self.outputs }
    }

    /// The lines of the 16 columns from `first` on, in the order of their inputs; of columns in one part.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    pub(crate) fn tile_lines(&mut self, first: usize) -> impl Iterator<Item = &mut Line> {
        let (strip, half) = (first / BLOCK_COLUMNS, first % BLOCK_COLUMNS / TILE);
        let lines = self.strip_lines();
        let steps = self.lines[strip * lines..(strip + 1) * lines].chunks_exact_mut(2 * TILE);
        steps.flat_map(move |step| &mut step[half * TILE..(half + 1) * TILE])
    }

    fn strip_lines(&self) -> usize {
        lines_of_strip(self.inputs, self.parts)
    }

    /// The line of a part of a number, and where in it.
    fn place(&self, output: usize, input: usize, part: usize) -> (usize, usize) {
        let tile = (input / NUMBERS * self.parts.of_columns() + part) * 2 + output % BLOCK_COLUMNS / TILE;
        let line = output / BLOCK_COLUMNS * self.strip_lines() + tile * TILE + input % NUMBERS / 2;
        (line, output % TILE * 2 + input % 2)
    }
}

impl Tiles {
    /// Lays out the rows of a matrix, `outputs × inputs`, as columns.
    pub fn columns(self, matrix: Matrix<'_>, parts: Parts) -> Columns {
        self.laid_out(matrix, parts, false)
    }

    /// Lays out the columns of a matrix, `inputs × outputs`.
    ///
    /// # Panics
    /// When the matrix has no rows, which are the inputs.
    pub fn columns_across(self, matrix: Matrix<'_>, parts: Parts) -> Columns {
        self.laid_out(matrix, parts, true)
    }

    /// Puts the rows of another matrix in the place of columns, as [`Tiles::columns`] does; in the same memory, if there are as
    /// many of the same length.
    pub fn refill(self, columns: &mut Columns, matrix: Matrix<'_>) {
        self.lay_out(columns, matrix, false);
    }

    /// As [`Tiles::refill`], with the columns of the matrix, as in [`Tiles::columns_across`].
    ///
    /// # Panics
    /// When the matrix has no rows, which are the inputs.
    pub fn refill_across(self, columns: &mut Columns, matrix: Matrix<'_>) {
        self.lay_out(columns, matrix, true);
    }

    fn laid_out(self, matrix: Matrix<'_>, parts: Parts, across: bool) -> Columns {
        let mut columns = Columns::zeros([0, 1], parts);
        self.lay_out(&mut columns, matrix, across);
        columns
    }

    fn lay_out(self, columns: &mut Columns, matrix: Matrix<'_>, across: bool) {
        let mut shape = [matrix.rows(), matrix.columns()];
        if across {
            shape.reverse();
        }
        assert!(shape[1] > 0, "columns of a product have inputs");
        if [columns.outputs, columns.inputs] != shape {
            *columns = Columns::zeros(shape, columns.parts);
        }
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        crate::amx::lay_out::lay_out(self, matrix, columns.parts, across, &mut columns.lines);
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        match self.none {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parts::nearest;

    proptest! {
        #[test]
        fn columns_are_kept_as_they_are_or_rounded(
            outputs in 0_usize..70,
            inputs in 1_usize..70,
            apart in 0_usize..9,
            seed in 0_u32..99,
        ) {
            let number = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) ^ seed) as f32 / 1e9 - 2.0;
            let stride = inputs + apart;
            let spread: Vec<f32> = (0..outputs * stride).map(number).collect();
            let matrix = Matrix::new(&spread, [outputs, inputs], stride);
            let values = Vec::from_iter((0..outputs).flat_map(|output| matrix.row(output).to_vec()));
            let mut across = vec![f32::NAN; inputs * (outputs + apart)];
            for (at, value) in values.iter().enumerate() {
                across[at % inputs * (outputs + apart) + at / inputs] = *value;
            }
            let rounded = Vec::from_iter(values.iter().map(|&value| widened(nearest(value))));
            for (parts, expected) in [(Parts::Full, &values), (Parts::Rounded, &rounded)] {
                let columns = Columns::new(matrix, parts);
                prop_assert_eq!(&columns.to_rows(), expected);
                prop_assert_eq!(columns.strips().each().count(), outputs.div_ceil(32));
                if let Some(tiles) = Tiles::detect() {
                    let mut again = tiles.columns(matrix, parts);
                    prop_assert_eq!(&again.lines, &columns.lines);
                    tiles.refill(&mut again, Matrix::new(&vec![7.0; spread.len()], [outputs, inputs], stride));
                    tiles.refill(&mut again, matrix);
                    prop_assert_eq!(&again.lines, &columns.lines);
                    if outputs > 0 {
                        let across = Matrix::new(&across, [inputs, outputs], outputs + apart);
                        prop_assert_eq!(&tiles.columns_across(across, parts).lines, &columns.lines);
                    }
                }
            }
        }
    }
}
