//! How many bytes a product takes together.

/// Rows that [`ByteProducts::sums`](crate::ByteProducts::sums) takes together.
pub const BYTE_ROWS: usize = 32;

/// Columns of a strip of bytes.
pub const BYTE_COLUMNS: usize = 16;

/// Rows and columns have a multiple of as many bytes.
pub const BYTE_STEP: usize = 64;
