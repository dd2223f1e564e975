//! The kernel for 64-bit ARM, which always has NEON.

use std::arch::aarch64::*;

use half::f16;

use super::lanes::LANES;

/// Numbers in a register.
const WIDTH: usize = 4;

/// A stored component that NEON can load and widen.
pub(crate) trait Load128: Copy {
    /// A register of components.
    ///
    /// # Safety
    /// `numbers` points to [`WIDTH`] readable components.
    unsafe fn load(numbers: *const Self) -> float32x4_t;
}

impl Load128 for f32 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(numbers: *const Self) -> float32x4_t {
        // SAFETY: the caller gives 4 readable components.
        unsafe { vld1q_f32(numbers) }
    }
}

impl Load128 for f16 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(numbers: *const Self) -> float32x4_t {
        // SAFETY: the caller gives 4 readable components of 2 bytes.
        vcvt_f32_f16(vreinterpret_f16_u16(unsafe { vld1_u16(numbers.cast()) }))
    }
}

/// As `InstructionSet::similarities`, for a block of `N` queries; `R` registers of items go together, so that
/// the `N · R` sums leave some of the 32 registers free.
#[target_feature(enable = "neon")]
pub(super) fn similarities<T: Load128, const N: usize, const R: usize>(
    panels: &[T],
    queries: &[f32],
    similarities: &mut [f32],
) {
    let dim = queries.len() / N;
    let stride = similarities.len() / N;
    for (index, panel) in panels.chunks_exact(dim * LANES).enumerate() {
        for first_lane in (0..LANES).step_by(R * WIDTH) {
            let sums = lane_similarities::<T, N, R>(panel, first_lane, queries);
            for (query, sums) in sums.iter().enumerate() {
                let row = &mut similarities[query * stride + index * LANES + first_lane..][..R * WIDTH];
                for (slots, &sums) in row.chunks_exact_mut(WIDTH).zip(sums) {
                    // SAFETY: `slots` are 4 writable components.
                    unsafe { vst1q_f32(slots.as_mut_ptr(), sums) };
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn lane_similarities<T: Load128, const N: usize, const R: usize>(
    panel: &[T],
    first_lane: usize,
    queries: &[f32],
) -> [[float32x4_t; R]; N] {
    assert!(first_lane + R * WIDTH <= LANES);
    let mut sums = [[vdupq_n_f32(0.0); R]; N];
    let (panel, _) = panel.as_chunks::<LANES>();
    let (queries, _) = queries.as_chunks::<N>();
    for (items, queries) in panel.iter().zip(queries) {
        let mut registers = [vdupq_n_f32(0.0); R];
        for (r, register) in registers.iter_mut().enumerate() {
            // SAFETY: the lanes end within the panel, as asserted above.
            *register = unsafe { T::load(items.as_ptr().add(first_lane + r * WIDTH)) };
        }
        for (sums, &query) in sums.iter_mut().zip(queries) {
            for (sum, &items) in sums.iter_mut().zip(&registers) {
                *sum = vfmaq_n_f32(*sum, items, query);
            }
        }
    }
    sums
}
