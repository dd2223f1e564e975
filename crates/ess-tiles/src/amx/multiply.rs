//! A product, block by block.

use super::{
    configured::Configured,
    float_products::{square, wide},
};
use crate::{
    columns::{Columns, STRIP},
    line::{Line, TILE},
    product::{BLOCK_ROWS, Block},
    rows::Rows,
    tiles::Tiles,
};

/// As [`Rows::multiply`].
pub(crate) fn multiply(tiles: Tiles, rows: &Rows, columns: &Columns, mut finish: impl FnMut(Block<'_>)) {
    let configured = Configured::new(tiles);
    let parts = columns.parts();
    let strips: Vec<&[Line]> = columns.strips().collect();
    // A last block of few rows is multiplied with two strips at once.
    let short = (1..=TILE).contains(&(rows.len() % BLOCK_ROWS));
    for (pair, strips) in strips.chunks(2).enumerate() {
        let first_column = pair * 2 * STRIP;
        let mut give = |first_row: usize, at: usize, sums: &[[f32; STRIP]]| {
            let first_column = first_column + at * STRIP;
            let columns = STRIP.min(columns.outputs() - first_column);
            finish(Block { first_row, first_column, columns, sums });
        };
        let wide_block = rows.blocks().last().filter(|_| short && strips.len() == 2);
        for (at, strip) in strips.iter().enumerate() {
            let mut sums = [[0.0; STRIP]; BLOCK_ROWS];
            let squares = rows.len().div_ceil(BLOCK_ROWS) - usize::from(wide_block.is_some());
            for (first, count, lines) in rows.blocks().take(squares) {
                square(&configured, parts, lines, strip, sums.as_flattened_mut(), STRIP, false);
                give(first, at, &sums[..count]);
            }
        }
        if let (Some((first, count, lines)), [one, other]) = (wide_block, strips) {
            let mut sums = [[[0.0; STRIP]; TILE]; 2];
            wide(&configured, parts, lines, [one, other], &mut sums);
            sums.iter().enumerate().for_each(|(at, sums)| give(first, at, &sums[..count]));
        }
    }
}

/// As [`Rows::multiply_into`], and added to what is there, if that is to be kept.
pub(crate) fn multiply_into(
    tiles: Tiles,
    rows: &Rows,
    columns: &Columns,
    out: &mut [f32],
    stride: usize,
    keep: bool,
) {
    let configured = Configured::new(tiles);
    let parts = columns.parts();
    for (strip, first_column) in columns.strips().zip((0..).step_by(STRIP)) {
        for (first, count, lines) in rows.blocks() {
            let out = &mut out[first * stride + first_column..];
            if count == BLOCK_ROWS {
                square(&configured, parts, lines, strip, out, stride, keep);
            } else {
                let mut sums = [[0.0; STRIP]; BLOCK_ROWS];
                for (sums, out) in sums[..count].iter_mut().zip(out.chunks(stride)) {
                    sums.copy_from_slice(&out[..STRIP]);
                }
                square(&configured, parts, lines, strip, sums.as_flattened_mut(), STRIP, keep);
                for (sums, out) in sums[..count].iter().zip(out.chunks_mut(stride)) {
                    out[..STRIP].copy_from_slice(sums);
                }
            }
        }
    }
}
