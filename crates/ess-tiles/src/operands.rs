//! The two sides of a product, as lines in the order of tiles.

use crate::{
    block::{BLOCK_COLUMNS, BLOCK_ROWS},
    line::{Line, NUMBERS, TILE},
    parts::Parts,
};

/// Rows in blocks of 32: for each 32 inputs and each part two tiles of 16 rows. What a block has beyond the last row is of no use.
#[derive(Clone, Copy)]
pub(crate) struct RowBlocks<'l> {
    pub(crate) lines: &'l [Line],
    pub(crate) lines_of_block: usize,
    pub(crate) count: usize,
}

/// Columns in strips of 32: for each 32 inputs and each part two tiles, which have a line for each two inputs.
#[derive(Clone, Copy)]
pub(crate) struct Strips<'l> {
    pub(crate) lines: &'l [Line],
    pub(crate) lines_of_strip: usize,
    pub(crate) count: usize,
}

impl<'l> RowBlocks<'l> {
    /// The first row of each block, how many it has, and its lines.
    pub(crate) fn each(self) -> impl Iterator<Item = (usize, usize, &'l [Line])> {
        let blocks = (0..self.count).step_by(BLOCK_ROWS).zip(self.lines.chunks_exact(self.lines_of_block));
        blocks.map(move |(first, lines)| (first, (self.count - first).min(BLOCK_ROWS), lines))
    }
}

impl<'l> Strips<'l> {
    /// The first column of each strip, how many it has, and its lines.
    pub(crate) fn each(self) -> impl Iterator<Item = (usize, usize, &'l [Line])> {
        let strips = (0..self.count).step_by(BLOCK_COLUMNS).zip(self.lines.chunks_exact(self.lines_of_strip));
        strips.map(move |(first, lines)| (first, (self.count - first).min(BLOCK_COLUMNS), lines))
    }
}

/// The lines of a block of rows.
pub(crate) fn lines_of_block(inputs: usize, parts: Parts) -> usize {
    inputs.div_ceil(NUMBERS) * parts.of_rows() * 2 * TILE
}

/// The lines of a strip of columns.
pub(crate) fn lines_of_strip(inputs: usize, parts: Parts) -> usize {
    inputs.div_ceil(NUMBERS) * parts.of_columns() * 2 * TILE
}
