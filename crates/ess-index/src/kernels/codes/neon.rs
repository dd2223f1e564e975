//! Products of bytes on 64-bit ARM with NEON.

use std::arch::aarch64::*;

use super::line::LINE;

/// Bytes of a register.
pub(super) const STEP: usize = 16;

/// As `InstructionSet::row_products`.
#[target_feature(enable = "neon")]
pub(super) fn products(query: &[u8], codes: &[i8], rows: &[u32], products: &mut [i32]) {
    let stride = query.len();
    for (product, &row) in products.iter_mut().zip(rows) {
        *product = one(query, &codes[row as usize * stride..][..stride]);
    }
}

/// Both are of the same length, a multiple of [`LINE`].
///
/// Codes are at most 127, so a sum of two products is below 2^15.
#[inline]
#[target_feature(enable = "neon")]
fn one(query: &[u8], code: &[i8]) -> i32 {
    let mut sums = [vdupq_n_s32(0); LINE / STEP];
    for (query, code) in query.as_chunks::<LINE>().0.iter().zip(code.as_chunks::<LINE>().0) {
        let steps = query.as_chunks::<STEP>().0.iter().zip(code.as_chunks::<STEP>().0);
        for (sum, (query, code)) in sums.iter_mut().zip(steps) {
            let (query, code) = load(query, code);
            let pairs = vmull_s8(vget_low_s8(query), vget_low_s8(code));
            *sum = vpadalq_s16(*sum, vmlal_high_s8(pairs, query, code));
        }
    }
    total(sums)
}

/// A step's codes, those of the query without their offset.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load(query: &[u8; STEP], code: &[i8; STEP]) -> (int8x16_t, int8x16_t) {
    // SAFETY: `query` and `code` are 16 readable bytes each.
    let (query, code) = unsafe { (vld1q_u8(query.as_ptr()), vld1q_s8(code.as_ptr())) };
    (vreinterpretq_s8_u8(veorq_u8(query, vdupq_n_u8(0x80))), code)
}

/// The sum of all sums.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn total([a, b, c, d]: [int32x4_t; LINE / STEP]) -> i32 {
    vaddvq_s32(vaddq_s32(vaddq_s32(a, b), vaddq_s32(c, d)))
}
