//! Numbers of `f32` as parts of bfloat16.

use std::arch::x86_64::*;

use crate::{
    block::BLOCK_ROWS,
    line::{Line, NUMBERS, TILE},
    matrix::Matrix,
    operands::lines_of_block,
    parts::Parts,
    tiles::Tiles,
};

/// Writes rows into lines that have room for their blocks. Every line of a row is written; what lines beyond the last row had
/// before stays there, and goes into sums that nobody reads.
pub(crate) fn split_rows(_: Tiles, matrix: Matrix<'_>, parts: Parts, lines: &mut [Line]) {
    let lines_of_block = lines_of_block(matrix.columns(), parts);
    for row in 0..matrix.rows() {
        let block = &mut lines[row / BLOCK_ROWS * lines_of_block..][..lines_of_block];
        let (values, row) = (matrix.row(row), row % BLOCK_ROWS);
        // SAFETY: `Tiles` are detected together with these instructions.
        unsafe {
            match parts {
                Parts::Full => split_row::<3>(values, row, block),
                Parts::Rounded => split_row::<2>(values, row, block),
                Parts::Single => split_row::<1>(values, row, block),
            }
        }
    }
}

/// Writes a row's parts into a block of 32 rows: for each 32 numbers of a row and each part two tiles of 16 rows.
///
/// # Panics
/// When the block has no room for the row.
#[target_feature(enable = "avx512f,avx512bf16")]
fn split_row<const PARTS: usize>(values: &[f32], row: usize, block: &mut [Line]) {
    for (values, step) in values.chunks(NUMBERS).zip(block.chunks_exact_mut(2 * TILE * PARTS)) {
        for (part, line) in split_line::<PARTS>(values).into_iter().enumerate() {
            step[2 * TILE * part + row] = line;
        }
    }
}

/// The parts of at most 32 numbers, with zeros behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
pub(crate) fn split_line<const PARTS: usize>(values: &[f32]) -> [Line; PARTS] {
    let mut rest = [_mm512_setzero_ps(); 2];
    for (rest, values) in rest.iter_mut().zip(values.chunks(16)) {
        let there = (1_u32 << values.len()) - 1;
        // SAFETY: no more numbers are read than there are.
        *rest = unsafe { _mm512_maskz_loadu_ps(there as u16, values.as_ptr()) };
    }
    std::array::from_fn(|_| {
        let mut line = Line::default();
        for (rest, line) in rest.iter_mut().zip(line.0.as_chunks_mut::<16>().0) {
            let rounded = _mm512_cvtneps_pbh(*rest);
            // SAFETY: both types are 256 bits.
            let bits: __m256i = unsafe { std::mem::transmute(rounded) };
            // SAFETY: half of a line is 16 writable numbers of 2 bytes.
            unsafe { _mm256_storeu_si256(line.as_mut_ptr().cast(), bits) };
            let widened = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(bits));
            *rest = _mm512_sub_ps(*rest, _mm512_castsi512_ps(widened));
        }
        line
    })
}
