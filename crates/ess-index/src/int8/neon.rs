//! The kernel for bytes on 64-bit ARM with NEON.
//!
//! Products of bytes have 16 bits. Those of two groups of dimensions are added up there, and then two neighbours at a time in
//! 32 bits, so that an item has two sums until the end.

use std::arch::aarch64::*;

use super::panels::GROUP;
use crate::kernels::float::lanes::LANES;

/// Items in a register.
const WIDTH: usize = 4;

/// The sums of [`WIDTH`] items: of the first two, and of the last two.
type Sums = [int32x4_t; 2];

/// As `InstructionSet::panel_products`, for a block of `N` queries; `R` registers of items go together, so that
/// the sums, two registers for each, leave room for codes in the 32 registers.
#[target_feature(enable = "neon")]
pub(super) fn products<const N: usize, const R: usize>(panels: &[i8], queries: &[i32], products: &mut [i32]) {
    let groups = queries.len() / N;
    let stride = products.len() / N;
    for (index, panel) in panels.chunks_exact(groups * GROUP * LANES).enumerate() {
        for first_lane in (0..LANES).step_by(R * WIDTH) {
            let sums = lane_products::<N, R>(panel, first_lane, queries);
            for (query, sums) in sums.iter().enumerate() {
                let row = &mut products[query * stride + index * LANES + first_lane..][..R * WIDTH];
                for (slots, &[first, last]) in row.chunks_exact_mut(WIDTH).zip(sums) {
                    // SAFETY: `slots` are 4 writable components.
                    unsafe { vst1q_s32(slots.as_mut_ptr(), vpaddq_s32(first, last)) };
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn lane_products<const N: usize, const R: usize>(
    panel: &[i8],
    first_lane: usize,
    queries: &[i32],
) -> [[Sums; R]; N] {
    let mut sums = [[[vdupq_n_s32(0); 2]; R]; N];
    let (panel, _) = panel.as_chunks::<{ GROUP * LANES }>();
    let (queries, _) = queries.as_chunks::<N>();
    for (codes, queries) in panel.chunks(2).zip(queries.chunks(2)) {
        // Where the last group has no second, its products are zeros.
        let items =
            [&codes[0], codes.get(1).unwrap_or(&[0; GROUP * LANES])].map(|c| load::<R>(c, first_lane));
        let (first, second) = (&queries[0], queries.get(1).unwrap_or(&queries[0]));
        for ((sums, &first), &second) in sums.iter_mut().zip(first).zip(second) {
            let queries = [first, second].map(|quad| vreinterpretq_s8_s32(vdupq_n_s32(quad)));
            for (r, sums) in sums.iter_mut().enumerate() {
                add(sums, queries, [items[0][r], items[1][r]]);
            }
        }
    }
    sums
}

/// `R` registers of a group's codes.
#[inline]
#[target_feature(enable = "neon")]
fn load<const R: usize>(codes: &[i8; GROUP * LANES], first_lane: usize) -> [int8x16_t; R] {
    assert!(first_lane + R * WIDTH <= LANES, "lanes of a panel");
    let mut registers = [vdupq_n_s8(0); R];
    for (r, register) in registers.iter_mut().enumerate() {
        // SAFETY: the lanes end within the panel, as asserted above, and have `GROUP` bytes each.
        *register = unsafe { vld1q_s8(codes.as_ptr().add((first_lane + r * WIDTH) * GROUP)) };
    }
    registers
}

/// Codes are at most 127, so that two products of at most 127 · 127 fit in 16 bits.
#[inline]
#[target_feature(enable = "neon")]
fn add([first, last]: &mut Sums, [q, r]: [int8x16_t; 2], [x, y]: [int8x16_t; 2]) {
    let pairs = vmull_s8(vget_low_s8(q), vget_low_s8(x));
    *first = vpadalq_s16(*first, vmlal_s8(pairs, vget_low_s8(r), vget_low_s8(y)));
    *last = vpadalq_s16(*last, vmlal_high_s8(vmull_high_s8(q, x), r, y));
}
