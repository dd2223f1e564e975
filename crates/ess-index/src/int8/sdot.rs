//! The kernel for bytes on 64-bit ARM with SDOT.

use std::arch::aarch64::*;

use super::panels::GROUP;
use crate::kernels::float::lanes::LANES;
use crate::kernels::sdot::sdot_lane;

/// Items in a register, and queries in one.
const WIDTH: usize = 4;

/// Registers of queries.
const QUERIES: usize = 2;

/// As `InstructionSet::panel_products`, for a block of `N` queries, at most eight; `R` registers of items go together, so that
/// the `N · R` sums leave some of the 32 registers free.
#[target_feature(enable = "neon,dotprod")]
pub(super) fn products<const N: usize, const R: usize>(panels: &[i8], queries: &[i32], products: &mut [i32]) {
    let groups = queries.len() / N;
    let stride = products.len() / N;
    for (index, panel) in panels.chunks_exact(groups * GROUP * LANES).enumerate() {
        for first_lane in (0..LANES).step_by(R * WIDTH) {
            let sums = lane_products::<N, R>(panel, first_lane, queries);
            for (query, sums) in sums.iter().enumerate() {
                let row = &mut products[query * stride + index * LANES + first_lane..][..R * WIDTH];
                for (slots, &sums) in row.chunks_exact_mut(WIDTH).zip(sums) {
                    // SAFETY: `slots` are 4 writable components.
                    unsafe { vst1q_s32(slots.as_mut_ptr(), sums) };
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn lane_products<const N: usize, const R: usize>(
    panel: &[i8],
    first_lane: usize,
    queries: &[i32],
) -> [[int32x4_t; R]; N] {
    assert!(first_lane + R * WIDTH <= LANES, "lanes of a panel");
    let mut sums = [[vdupq_n_s32(0); R]; N];
    let (panel, _) = panel.as_chunks::<{ GROUP * LANES }>();
    let (queries, _) = queries.as_chunks::<N>();
    for (codes, queries) in panel.iter().zip(queries) {
        let queries = load(queries);
        for r in 0..R {
            // SAFETY: the lanes end within the panel, as asserted above, and have `GROUP` bytes each.
            let items = unsafe { vld1q_s8(codes.as_ptr().add((first_lane + r * WIDTH) * GROUP)) };
            for (query, sums) in sums.iter_mut().enumerate() {
                sums[r] = add(sums[r], items, queries[query / WIDTH], query % WIDTH);
            }
        }
    }
    sums
}

/// The codes of a group of dimensions, one query in a lane.
#[inline]
#[target_feature(enable = "neon")]
fn load<const N: usize>(queries: &[i32; N]) -> [int8x16_t; QUERIES] {
    let mut lanes = [0; QUERIES * WIDTH];
    lanes[..N].copy_from_slice(queries);
    let (lanes, _) = lanes.as_chunks::<WIDTH>();
    // SAFETY: each has 4 readable numbers.
    std::array::from_fn(|register| vreinterpretq_s8_s32(unsafe { vld1q_s32(lanes[register].as_ptr()) }))
}

/// The lane is known when this is compiled: loops over queries are unrolled.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add(sums: int32x4_t, items: int8x16_t, queries: int8x16_t, lane: usize) -> int32x4_t {
    match lane {
        0 => sdot_lane::<0>(sums, items, queries),
        1 => sdot_lane::<1>(sums, items, queries),
        2 => sdot_lane::<2>(sums, items, queries),
        _ => sdot_lane::<3>(sums, items, queries),
    }
}
