//! Panels of columns in the order of tiles.

use std::arch::x86_64::*;

use crate::{
    columns::Columns,
    line::{Line, NUMBERS, TILE},
    tiles::Tiles,
};

/// Below it a sum of squares may have lost what it consists of.
const MIN_NORM: f32 = 1e-15;

/// Writes whole panels as columns rounded to bfloat16, and a bound on each column's norm.
pub(crate) fn lay_out(_: Tiles, panels: &[f32], lanes: usize, columns: &mut Columns, norms: &mut [f32]) {
    let of_panel = columns.inputs() * lanes;
    for (panel, values) in panels.chunks_exact(of_panel).enumerate() {
        for lane in (0..lanes).step_by(TILE) {
            let first = panel * lanes + lane;
            let norms = &mut norms[first..first + TILE];
            // SAFETY: `Tiles` are detected together with these instructions.
            unsafe { columns_of_tile(&values[lane..], lanes, columns.tile_lines(first), norms) };
        }
    }
}

/// 16 columns whose numbers of each input lie `lanes` behind those of the one before.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn columns_of_tile<'l>(
    values: &[f32],
    lanes: usize,
    mut lines: impl Iterator<Item = &'l mut Line>,
    norms: &mut [f32],
) {
    // SAFETY: a line is 64 readable bytes.
    let order = unsafe { _mm512_load_si512(ORDER.0.as_ptr().cast()) };
    let mut squares = [_mm512_setzero_ps(); 2];
    for pair in values.chunks(2 * lanes) {
        let load = |values: &[f32]| match values.first_chunk::<TILE>() {
            // SAFETY: 16 readable numbers.
            Some(values) => unsafe { _mm512_loadu_ps(values.as_ptr()) },
            None => _mm512_setzero_ps(),
        };
        let (even, odd) = (load(pair), load(pair.get(lanes..).unwrap_or(&[])));
        squares[0] = _mm512_fmadd_ps(even, even, squares[0]);
        squares[1] = _mm512_fmadd_ps(odd, odd, squares[1]);
        // SAFETY: both types are 512 bits.
        let rounded: __m512i = unsafe { std::mem::transmute(_mm512_cvtne2ps_pbh(odd, even)) };
        let Some(line) = lines.next() else { break };
        // SAFETY: a line is 64 writable bytes.
        unsafe { _mm512_store_si512(line.0.as_mut_ptr().cast(), _mm512_permutexvar_epi16(order, rounded)) };
    }
    // More than what rounding may take from a sum of so many squares.
    let above = 1.001 + (values.len() / lanes) as f32 * f32::EPSILON;
    let norm = _mm512_mul_ps(_mm512_sqrt_ps(_mm512_add_ps(squares[0], squares[1])), _mm512_set1_ps(above));
    // The second operand where one is no number.
    let norm = _mm512_max_ps(_mm512_set1_ps(MIN_NORM), norm);
    // SAFETY: 16 writable numbers.
    unsafe { _mm512_storeu_ps(norms[..TILE].as_mut_ptr(), norm) };
}

/// The numbers of the first half of a vector and of its second one, in turns.
static ORDER: Line = {
    let mut order = [0; NUMBERS];
    let mut at = 0;
    while at < NUMBERS {
        order[at] = (at / 2 + at % 2 * (NUMBERS / 2)) as u16;
        at += 1;
    }
    Line(order)
};
