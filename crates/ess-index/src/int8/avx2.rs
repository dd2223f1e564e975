//! The kernel for bytes on x86-64 with AVX2.

use std::arch::x86_64::*;

use super::panels::GROUP;
use crate::kernels::float::lanes::LANES;

/// Items in a register.
const WIDTH: usize = 8;

/// As `InstructionSet::panel_products`, for a block of `N` queries.
#[target_feature(enable = "avx2")]
pub(super) fn products<const N: usize>(panels: &[i8], queries: &[i32], products: &mut [i32]) {
    let groups = queries.len() / N;
    let stride = products.len() / N;
    for (index, panel) in panels.chunks_exact(groups * GROUP * LANES).enumerate() {
        for first_lane in (0..LANES).step_by(WIDTH) {
            let sums = lane_products::<N>(panel, first_lane, queries);
            for (query, &sums) in sums.iter().enumerate() {
                let slots = &mut products[query * stride + index * LANES + first_lane..][..WIDTH];
                // SAFETY: `slots` are 8 writable components.
                unsafe { _mm256_storeu_si256(slots.as_mut_ptr().cast(), sums) };
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn lane_products<const N: usize>(panel: &[i8], first_lane: usize, queries: &[i32]) -> [__m256i; N] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [_mm256_setzero_si256(); N];
    let (panel, _) = panel.as_chunks::<{ GROUP * LANES }>();
    let (queries, _) = queries.as_chunks::<N>();
    for (codes, queries) in panel.iter().zip(queries) {
        let (codes, _) = codes.as_chunks::<{ GROUP * WIDTH }>();
        let codes = &codes[first_lane / WIDTH];
        // SAFETY: `codes` are 32 readable bytes.
        let codes = unsafe { _mm256_loadu_si256(codes.as_ptr().cast()) };
        for (sum, &query) in sums.iter_mut().zip(queries) {
            let query = _mm256_set1_epi32(query);
            // Magnitudes of the query, the items with its signs: two products of at most 127 · 127 fit in 16 bits.
            let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(query), _mm256_sign_epi8(codes, query));
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
        }
    }
    sums
}
