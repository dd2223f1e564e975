//! The kernel for SDOT, which adds up products of bytes in 32 bits.
//!
//! It is written in assembly, since the functions of the standard library for it (`vdotq_laneq_s32`) are not stable in Rust
//! 1.95. Both bytes of a product are signed, so that rows lose 128 and results get it back: see [`offsets`].

use std::arch::{aarch64::*, asm};

use super::neon::{VECTORS, load, offsets, signed, store};
use super::sizes::{COLUMNS, QUAD, STEP};

/// Rows that go together.
const ROWS: usize = 4;

/// As [`super::dispatch`]'s `products`.
#[target_feature(enable = "neon,dotprod")]
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

#[inline]
#[target_feature(enable = "neon,dotprod")]
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
        let (quads, _) = weights.as_chunks::<{ QUAD * COLUMNS }>();
        let inputs: [_; R] = std::array::from_fn(|row| signed(&rows[row][step]));
        add::<0, R>(&mut totals, &quads[0], inputs);
        add::<1, R>(&mut totals, &quads[1], inputs);
    }
    for (sums, totals) in sums.iter_mut().zip(&totals) {
        store(totals, sums);
    }
}

/// Adds the products of one quad of each column.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add<const LANE: usize, const R: usize>(
    totals: &mut [[int32x4_t; VECTORS]; R],
    weights: &[i8; QUAD * COLUMNS],
    inputs: [int8x8_t; R],
) {
    for (vector, weights) in weights.as_chunks().0.iter().enumerate() {
        let weights = load(weights);
        for (totals, &inputs) in totals.iter_mut().zip(&inputs) {
            totals[vector] = sdot_lane::<LANE>(totals[vector], weights, inputs);
        }
    }
}

/// Adds to each sum the products of its four weights with the four inputs of a lane.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn sdot_lane<const LANE: usize>(mut sums: int32x4_t, weights: int8x16_t, inputs: int8x8_t) -> int32x4_t {
    const { assert!(LANE < 2, "two quads of a step") };
    // SAFETY: the instruction reads and writes these registers alone, and who calls this has it.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {weights:v}.16b, {inputs:v}.4b[{lane}]",
            sums = inout(vreg) sums, weights = in(vreg) weights, inputs = in(vreg) inputs, lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
