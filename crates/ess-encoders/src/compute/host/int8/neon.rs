//! The kernel for NEON, which adds up the products of four weights in 16 bits.
//!
//! There are no products of a signed and an unsigned byte, so that rows lose 128 and results get it back: see [`offsets`].

use std::arch::aarch64::*;

use super::sizes::{COLUMNS, QUAD, STEP};

/// Columns of a vector.
const WIDTH: usize = 4;

/// Vectors of a strip's columns.
pub(super) const VECTORS: usize = COLUMNS / WIDTH;

/// Rows that go together: with more, registers run out.
const ROWS: usize = 2;

/// As [`super::dispatch`]'s `products`.
#[target_feature(enable = "neon")]
pub(super) fn products(strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]]) {
    let depth = strip.len() / COLUMNS;
    let offsets = offsets(strip);
    let (first, last) = sums.as_chunks_mut::<ROWS>();
    let (codes_of_first, codes_of_last) = codes.split_at(first.len() * ROWS * depth);
    for (codes, sums) in codes_of_first.chunks_exact(ROWS * depth).zip(first) {
        tile(strip, offsets, codes, sums);
    }
    for (codes, sums) in codes_of_last.chunks_exact(depth).zip(last.as_chunks_mut::<1>().0) {
        tile(strip, offsets, codes, sums);
    }
}

/// What rows without their offset of 128 lack: 128 times the sum of each column's codes.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn offsets(strip: &[i8]) -> [int32x4_t; VECTORS] {
    let mut totals = [vdupq_n_s32(0); VECTORS];
    for quad in strip.as_chunks::<{ QUAD * COLUMNS }>().0 {
        for (total, weights) in totals.iter_mut().zip(quad.as_chunks::<{ QUAD * WIDTH }>().0) {
            *total = vpadalq_s16(*total, vpaddlq_s8(load(weights)));
        }
    }
    totals.map(|total| vshlq_n_s32::<7>(total))
}

#[inline]
#[target_feature(enable = "neon")]
fn tile<const R: usize>(
    strip: &[i8],
    offsets: [int32x4_t; VECTORS],
    codes: &[u8],
    sums: &mut [[i32; COLUMNS]; R],
) {
    let steps = strip.as_chunks::<{ STEP * COLUMNS }>().0;
    let depth = strip.len() / COLUMNS;
    let rows: [&[[u8; STEP]]; R] =
        std::array::from_fn(|row| &codes[row * depth..][..depth].as_chunks().0[..steps.len()]);
    let mut totals = [offsets; R];
    for (step, weights) in steps.iter().enumerate() {
        let [first, second] = [0, 1].map(|quad| weights.as_chunks::<{ QUAD * COLUMNS }>().0[quad]);
        let inputs: [_; R] = std::array::from_fn(|row| signed(&rows[row][step]));
        let vectors = first.as_chunks::<{ QUAD * WIDTH }>().0.iter().zip(second.as_chunks().0);
        for (vector, (first, second)) in vectors.enumerate() {
            let weights = [load(first), load(second)];
            for (totals, &inputs) in totals.iter_mut().zip(&inputs) {
                totals[vector] = add(totals[vector], weights, inputs);
            }
        }
    }
    for (sums, totals) in sums.iter_mut().zip(&totals) {
        store(totals, sums);
    }
}

/// Adds the products of two quads of each column.
///
/// The weights of one sign that meet in 16 bits come to at most 128 (`Channel`), and the inputs to at most 128: so sums
/// are at most 128 · 128 + 127 · 128, which fits.
#[inline]
#[target_feature(enable = "neon")]
fn add(total: int32x4_t, [a, b]: [int8x16_t; 2], inputs: int8x8_t) -> int32x4_t {
    let quads = vreinterpret_s32_s8(inputs);
    let x = vreinterpretq_s8_s32(vdupq_lane_s32::<0>(quads));
    let y = vreinterpretq_s8_s32(vdupq_lane_s32::<1>(quads));
    let first = vmlal_s8(vmull_s8(vget_low_s8(a), vget_low_s8(x)), vget_low_s8(b), vget_low_s8(y));
    let last = vmlal_high_s8(vmull_high_s8(a, x), b, y);
    vpadalq_s16(total, vpaddq_s16(first, last))
}

/// A step's codes of a row, less 128.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn signed(codes: &[u8; STEP]) -> int8x8_t {
    // SAFETY: `codes` are 8 readable bytes.
    vreinterpret_s8_u8(veor_u8(unsafe { vld1_u8(codes.as_ptr()) }, vdup_n_u8(0x80)))
}

/// The weights of a quad for four columns.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load(weights: &[i8; QUAD * WIDTH]) -> int8x16_t {
    // SAFETY: `weights` are 16 readable bytes.
    unsafe { vld1q_s8(weights.as_ptr()) }
}

/// Writes the sums of a row.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store(totals: &[int32x4_t; VECTORS], sums: &mut [i32; COLUMNS]) {
    for (sums, &total) in sums.as_chunks_mut::<WIDTH>().0.iter_mut().zip(totals) {
        // SAFETY: `sums` are 4 writable numbers.
        unsafe { vst1q_s32(sums.as_mut_ptr(), total) };
    }
}
