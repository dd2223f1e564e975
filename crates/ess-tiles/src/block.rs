//! Sums of some rows and columns of a product.

/// The maximum number of rows of a [`Block`].
pub const BLOCK_ROWS: usize = 32;

/// The columns of a [`Block`], those behind the last one of the product counted.
pub const BLOCK_COLUMNS: usize = 32;

/// Some sums of a product.
#[derive(Clone, Copy, Debug)]
pub struct Block<'s> {
    /// The row that the first sums are of.
    pub first_row: usize,
    /// The column that each row's first sum is of.
    pub first_column: usize,
    /// How many sums of a row are of columns of the product; those behind them are zeros, or NaN where a row is not finite.
    pub columns: usize,
    /// The sums of each row, at most [`BLOCK_ROWS`].
    pub sums: &'s [[f32; BLOCK_COLUMNS]],
}

impl Block<'_> {
    /// The sums of the block's row at `index`.
    ///
    /// # Panics
    /// When the block has no such row.
    pub fn row(&self, index: usize) -> &[f32; BLOCK_COLUMNS] {
        &self.sums[index]
    }
}
