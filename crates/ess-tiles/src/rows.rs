//! Rows that several sets of columns are multiplied with.

use crate::{
    block::{BLOCK_COLUMNS, BLOCK_ROWS, Block},
    columns::Columns,
    line::Line,
    matrix::{Matrix, span},
    operands::{RowBlocks, lines_of_block},
    parts::Parts,
    tiles::Tiles,
};

/// Rows that are split into parts, for products with several sets of columns one after another.
///
/// ```
/// use ess_tiles::{Matrix, Parts, Tiles};
///
/// let Some(tiles) = Tiles::detect() else { return };
/// let rows = tiles.rows(Matrix::dense(&[2.0, 1.0], 2), Parts::Single);
/// for (column, expected) in [([1.0, 3.0], 5.0), ([0.5, -1.0], 0.0)] {
///     let columns = tiles.columns(Matrix::dense(&column, 2), Parts::Single);
///     rows.multiply(&columns, |block| assert_eq!(block.sums[0][0], expected));
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Rows {
    tiles: Tiles,
    /// Blocks of 32 rows: for each 32 inputs and each part two tiles of 16 rows. There may be more lines than rows need.
    lines: Vec<Line>,
    parts: Parts,
    count: usize,
    inputs: usize,
}

impl Tiles {
    /// Splits rows for products with columns in these parts.
    pub fn rows(self, matrix: Matrix<'_>, parts: Parts) -> Rows {
        Rows::in_lines(self, matrix, parts, Vec::new())
    }
}

impl Rows {
    /// Splits rows into lines that may have been others.
    pub(crate) fn in_lines(tiles: Tiles, matrix: Matrix<'_>, parts: Parts, mut lines: Vec<Line>) -> Self {
        let (count, inputs) = (matrix.rows(), matrix.columns());
        let needed = count.div_ceil(BLOCK_ROWS) * lines_of_block(inputs, parts);
        if lines.len() < needed {
            lines.resize(needed, Line::default());
        }
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        crate::amx::split::split_rows(tiles, matrix, parts, &mut lines);
        Self { tiles, lines, parts, count, inputs }
    }

    /// Takes other rows, in the same parts.
    pub fn refill(&mut self, matrix: Matrix<'_>) {
        let lines = std::mem::take(&mut self.lines);
        *self = Self::in_lines(self.tiles, matrix, self.parts, lines);
    }

    pub(crate) fn into_lines(self) -> Vec<Line> {
        self.lines
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Gives `finish` the product with columns, as [`Tiles::multiply`] does.
    ///
    /// # Panics
    /// When the columns have other parts or another length.
    pub fn multiply(&self, columns: &Columns, finish: impl FnMut(Block<'_>)) {
        assert_eq!((self.inputs, self.parts), (columns.inputs(), columns.parts()), "rows and columns");
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        crate::amx::multiply::multiply(self.tiles, self.parts, self.blocks(), columns.strips(), finish);
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        {
            let _ = finish;
            match self.tiles.none {}
        }
    }

    /// Writes the product with columns into `out`, as [`Tiles::multiply_into`] does.
    ///
    /// # Panics
    /// When the columns have other parts or another length, or `out` has no room.
    pub fn multiply_into(&self, columns: &Columns, out: &mut [f32], stride: usize) {
        self.write(columns, out, stride, false);
    }

    /// Adds the product with columns to `out`, whose rows begin `stride` numbers apart and have a multiple of 32 numbers.
    ///
    /// # Panics
    /// As [`Rows::multiply_into`].
    pub fn multiply_add(&self, columns: &Columns, out: &mut [f32], stride: usize) {
        self.write(columns, out, stride, true);
    }

    fn write(&self, columns: &Columns, out: &mut [f32], stride: usize, keep: bool) {
        assert_eq!((self.inputs, self.parts), (columns.inputs(), columns.parts()), "rows and columns");
        let width = columns.outputs().next_multiple_of(BLOCK_COLUMNS);
        let room = self.count == 0 || span(self.count, width, stride).is_some_and(|span| out.len() >= span);
        assert!(room && width <= stride, "room for a product");
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        crate::amx::multiply::multiply_into(
            self.tiles,
            self.parts,
            self.blocks(),
            columns.strips(),
            (out, stride),
            keep,
        );
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        {
            let _ = keep;
            match self.tiles.none {}
        }
    }

    fn blocks(&self) -> RowBlocks<'_> {
        RowBlocks {
            lines: &self.lines,
            lines_of_block: lines_of_block(self.inputs, self.parts),
            count: self.count,
        }
    }
}

/// How many rows take so many bytes: whole blocks, at least one.
pub(crate) fn rows_in(bytes: usize, inputs: usize, parts: Parts) -> usize {
    (bytes / (lines_of_block(inputs, parts) * size_of::<Line>())).max(1) * BLOCK_ROWS
}
