//! A product, block by block.

use super::{
    configured::Configured,
    float_products::{square, wide},
};
use crate::{
    block::{BLOCK_COLUMNS, BLOCK_ROWS, Block},
    line::{Line, TILE},
    operands::{RowBlocks, Strips},
    parts::Parts,
    tiles::Tiles,
};

/// As [`Rows::multiply`](crate::Rows::multiply).
pub(crate) fn multiply(
    tiles: Tiles,
    parts: Parts,
    rows: RowBlocks<'_>,
    columns: Strips<'_>,
    mut finish: impl FnMut(Block<'_>),
) {
    let configured = Configured::new(tiles);
    let strips: Vec<(usize, usize, &[Line])> = columns.each().collect();
    // A last block of few rows is multiplied with two strips at once.
    let short = (1..=TILE).contains(&(rows.count % BLOCK_ROWS));
    for strips in strips.chunks(2) {
        let wide_block = rows.each().last().filter(|_| short && strips.len() == 2);
        let squares = rows.count.div_ceil(BLOCK_ROWS) - usize::from(wide_block.is_some());
        for &(first_column, columns, strip) in strips {
            let mut sums = [[0.0; BLOCK_COLUMNS]; BLOCK_ROWS];
            for (first_row, count, lines) in rows.each().take(squares) {
                square(&configured, parts, lines, strip, sums.as_flattened_mut(), BLOCK_COLUMNS, false);
                finish(Block { first_row, first_column, columns, sums: &sums[..count] });
            }
        }
        if let (Some((first_row, count, lines)), [one, other]) = (wide_block, strips) {
            let mut sums = [[[0.0; BLOCK_COLUMNS]; TILE]; 2];
            wide(&configured, parts, lines, [one.2, other.2], &mut sums);
            for (&(first_column, columns, _), sums) in strips.iter().zip(&sums) {
                finish(Block { first_row, first_column, columns, sums: &sums[..count] });
            }
        }
    }
}

/// As [`Rows::multiply_into`](crate::Rows::multiply_into), and added to what is there, if that is to be kept.
pub(crate) fn multiply_into(
    tiles: Tiles,
    parts: Parts,
    rows: RowBlocks<'_>,
    columns: Strips<'_>,
    (out, stride): (&mut [f32], usize),
    keep: bool,
) {
    let configured = Configured::new(tiles);
    for (first_column, _, strip) in columns.each() {
        for (first_row, count, lines) in rows.each() {
            let out = &mut out[first_row * stride + first_column..];
            if count == BLOCK_ROWS {
                square(&configured, parts, lines, strip, out, stride, keep);
                continue;
            }
            let mut sums = [[0.0; BLOCK_COLUMNS]; BLOCK_ROWS];
            for (sums, out) in sums[..count].iter_mut().zip(out.chunks(stride)) {
                sums.copy_from_slice(&out[..BLOCK_COLUMNS]);
            }
            square(&configured, parts, lines, strip, sums.as_flattened_mut(), BLOCK_COLUMNS, keep);
            for (sums, out) in sums[..count].iter().zip(out.chunks_mut(stride)) {
                out[..BLOCK_COLUMNS].copy_from_slice(sums);
            }
        }
    }
}
