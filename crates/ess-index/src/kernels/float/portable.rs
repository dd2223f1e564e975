//! The portable kernel, which the compiler vectorises.

use super::{
    element::Widen,
    lanes::{LANES, STRIP_LANES},
    overlapping::starts,
};

/// Lanes whose sums are kept together: with 2 queries, as many as fill 8 registers of 4 components.
const TOGETHER: usize = 16;

/// As `InstructionSet::similarities`, for a block of `N` queries.
pub(super) fn similarities<T: Widen, const N: usize>(
    panels: &[T],
    queries: &[f32],
    similarities: &mut [f32],
) {
    let dim = queries.len() / N;
    let stride = similarities.len() / N;
    for (index, panel) in panels.chunks_exact(dim * LANES).enumerate() {
        for first_lane in (0..LANES).step_by(TOGETHER) {
            let sums = lane_similarities::<T, N>(&panel[first_lane..], queries);
            for (query, sums) in sums.iter().enumerate() {
                similarities[query * stride + index * LANES + first_lane..][..TOGETHER].copy_from_slice(sums);
            }
        }
    }
}

fn lane_similarities<T: Widen, const N: usize>(panel: &[T], queries: &[f32]) -> [[f32; TOGETHER]; N] {
    let mut sums = [[0.0; TOGETHER]; N];
    let (queries, _) = queries.as_chunks::<N>();
    for (items, queries) in panel.chunks(LANES).zip(queries) {
        let items = T::widen::<TOGETHER>(items);
        for (sums, &query) in sums.iter_mut().zip(queries) {
            for (sum, &item) in sums.iter_mut().zip(&items) {
                *sum = multiply_add(query, item, *sum);
            }
        }
    }
    sums
}

/// Rows that are multiplied together: their sums fill half of the registers.
const ROWS: usize = if cfg!(target_arch = "aarch64") { 4 } else { 2 };

/// As `InstructionSet::raise_to_largest`.
pub(super) fn raise_to_largest(strips: &[f32], rows: &[f32], factors: &[f32], best: &mut [f32]) {
    let dim = strips.len() / best.len();
    let (best, _) = best.as_chunks_mut::<STRIP_LANES>();
    for (strip, best) in strips.chunks_exact(STRIP_LANES * dim).zip(best) {
        let (strip, _) = strip.as_chunks::<STRIP_LANES>();
        if factors.len() < ROWS {
            (0..factors.len())
                .for_each(|row| raise_by::<1>(strip, &rows[row * dim..], &factors[row..], best));
        } else {
            starts(factors.len(), ROWS)
                .for_each(|row| raise_by::<ROWS>(strip, &rows[row * dim..], &factors[row..], best));
        }
    }
}

/// By the first `N` rows.
#[inline]
fn raise_by<const N: usize>(
    strip: &[[f32; STRIP_LANES]],
    rows: &[f32],
    factors: &[f32],
    best: &mut [f32; STRIP_LANES],
) {
    let dim = strip.len();
    let rows: [&[f32]; N] = std::array::from_fn(|row| &rows[row * dim..][..dim]);
    let mut sums = [[0.0; STRIP_LANES]; N];
    for (i, queries) in strip.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(&rows) {
            for (sum, &query) in sums.iter_mut().zip(queries) {
                *sum = multiply_add(row[i], query, *sum);
            }
        }
    }
    for (sums, factor) in sums.iter().zip(factors) {
        for (best, sum) in best.iter_mut().zip(sums) {
            let scaled = sum * factor;
            *best = if scaled > *best { scaled } else { *best };
        }
    }
}

#[inline]
fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
    // Without the instruction, a fused multiply-add is a slow library call.
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, sum) } else { a * b + sum }
}
