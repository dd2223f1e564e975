//! The kernel that runs everywhere; the compiler finds the vector instructions of the target.

use super::{Element, LANES};

/// As `InstructionSet::similarities`, for a block of `N` queries.
pub(super) fn similarities<T: Element, const N: usize>(
    panels: &[T],
    queries: &[f32],
    similarities: &mut [f32],
) {
    let dim = queries.len() / N;
    let stride = similarities.len() / N;
    for (panel, values) in panels.chunks_exact(dim * LANES).enumerate() {
        let sums = panel_similarities::<T, N>(values, queries);
        for (query, sums) in sums.iter().enumerate() {
            let start = query * stride + panel * LANES;
            similarities[start..start + LANES].copy_from_slice(sums);
        }
    }
}

fn panel_similarities<T: Element, const N: usize>(panel: &[T], queries: &[f32]) -> [[f32; LANES]; N] {
    let mut sums = [[0.0; LANES]; N];
    let (panel, _) = panel.as_chunks::<LANES>();
    let (queries, _) = queries.as_chunks::<N>();
    for (items, queries) in panel.iter().zip(queries) {
        let items = T::widen(items);
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
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, sum)
    } else {
        a * b + sum
    }
}
