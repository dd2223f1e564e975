//! The portable kernel, which the compiler vectorises.

use super::{element::Widen, lanes::LANES};

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

#[inline]
fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
    // Without the instruction, a fused multiply-add is a slow library call.
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, sum) } else { a * b + sum }
}
