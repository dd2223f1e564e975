//! Columns in the order of tiles.

use std::arch::x86_64::*;

use super::{split::split_line, transpose::transpose};
use crate::{
    block::BLOCK_COLUMNS,
    line::{Line, NUMBERS, TILE},
    matrix::Matrix,
    parts::Parts,
    tiles::Tiles,
};

/// Writes the rows of a matrix as columns, or its columns, into lines that were zeros or had columns of the same shape: those
/// behind the last input are not written.
pub(crate) fn lay_out(_: Tiles, matrix: Matrix<'_>, parts: Parts, across: bool, lines: &mut [Line]) {
    // SAFETY: `Tiles` are detected together with these instructions.
    unsafe {
        match (parts, across) {
            (Parts::Full, false) => rows::<3>(matrix, lines),
            (Parts::Full, true) => columns::<3>(matrix, lines),
            (Parts::Rounded | Parts::Single, false) => rows::<1>(matrix, lines),
            (Parts::Rounded | Parts::Single, true) => columns::<1>(matrix, lines),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn rows<const PARTS: usize>(matrix: Matrix<'_>, lines: &mut [Line]) {
    let steps = matrix.columns().div_ceil(NUMBERS);
    for (strip, lines) in lines.chunks_exact_mut(steps * PARTS * 2 * TILE).enumerate() {
        for half in 0..2 {
            let outputs = matrix.some(strip * BLOCK_COLUMNS + half * TILE, TILE);
            for (step, lines) in lines.chunks_exact_mut(PARTS * 2 * TILE).enumerate() {
                let inputs = step * NUMBERS..matrix.columns().min((step + 1) * NUMBERS);
                let mut tiles = [[Line::default(); TILE]; PARTS];
                for output in 0..outputs.rows() {
                    let parts = split_line::<PARTS>(&outputs.row(output)[inputs.clone()]);
                    tiles.iter_mut().zip(parts).for_each(|(tile, line)| tile[output] = line);
                }
                for (part, tile) in tiles.iter_mut().enumerate() {
                    transpose(tile);
                    lines[(2 * part + half) * TILE..][..TILE].copy_from_slice(tile);
                }
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn columns<const PARTS: usize>(matrix: Matrix<'_>, lines: &mut [Line]) {
    let steps = matrix.rows().div_ceil(NUMBERS);
    for (strip, lines) in lines.chunks_exact_mut(steps * PARTS * 2 * TILE).enumerate() {
        let outputs = strip * BLOCK_COLUMNS..matrix.columns().min((strip + 1) * BLOCK_COLUMNS);
        for input in (0..matrix.rows()).step_by(2) {
            let even = split_line::<PARTS>(&matrix.row(input)[outputs.clone()]);
            let odd = match input + 1 < matrix.rows() {
                true => split_line::<PARTS>(&matrix.row(input + 1)[outputs.clone()]),
                false => [Line::default(); PARTS],
            };
            for part in 0..PARTS {
                let tile = (input / NUMBERS * PARTS + part) * 2 * TILE + input % NUMBERS / 2;
                let [first, second] = interleaved(&even[part], &odd[part]);
                lines[tile] = first;
                lines[tile + TILE] = second;
            }
        }
    }
}

/// The first 16 numbers of two lines in turns, and the others.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleaved(even: &Line, odd: &Line) -> [Line; 2] {
    const fn order(first: u16) -> Line {
        let mut order = [0; NUMBERS];
        let mut at = 0;
        while at < NUMBERS {
            order[at] = first + (at / 2) as u16 + (at % 2 * NUMBERS) as u16;
            at += 1;
        }
        Line(order)
    }
    static ORDERS: [Line; 2] = [order(0), order(16)];
    // SAFETY: a line is 64 readable bytes.
    let load = |line: &Line| unsafe { _mm512_load_si512(line.0.as_ptr().cast()) };
    let (even, odd) = (load(even), load(odd));
    std::array::from_fn(|half| {
        let mut line = Line::default();
        let mixed = _mm512_permutex2var_epi16(even, load(&ORDERS[half]), odd);
        // SAFETY: a line is 64 writable bytes.
        unsafe { _mm512_store_si512(line.0.as_mut_ptr().cast(), mixed) };
        line
    })
}
