//! SDOT, the instruction of 64-bit ARM that adds up products of bytes in 32 bits.
//!
//! It is written in assembly, since the functions of the standard library for it (`vdotq_s32`) are not stable in Rust 1.95.

use std::arch::{aarch64::*, asm};

/// Adds to each sum the four products of its bytes.
#[inline]
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn sdot(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction reads and writes these registers alone, and who calls this has it.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {a:v}.16b, {b:v}.16b",
            sums = inout(vreg) sums, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// As [`sdot`], with the four bytes of one lane of `b` for all sums.
#[inline]
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn sdot_lane<const LANE: usize>(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    const { assert!(LANE < 4, "four lanes") };
    // SAFETY: the instruction reads and writes these registers alone, and who calls this has it.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {a:v}.16b, {b:v}.4b[{lane}]",
            sums = inout(vreg) sums, a = in(vreg) a, b = in(vreg) b, lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{InstructionSet, Level};

    /// Sums of each form: of all bytes, and of each lane of the second register.
    #[target_feature(enable = "neon,dotprod")]
    fn sums(start: [i32; 4], a: [i8; 16], b: [i8; 16]) -> [[i32; 4]; 5] {
        // SAFETY: the arrays have the 16 bytes of a register.
        let (start, a, b) =
            unsafe { (vld1q_s32(start.as_ptr()), vld1q_s8(a.as_ptr()), vld1q_s8(b.as_ptr())) };
        let found = [
            sdot(start, a, b),
            sdot_lane::<0>(start, a, b),
            sdot_lane::<1>(start, a, b),
            sdot_lane::<2>(start, a, b),
            sdot_lane::<3>(start, a, b),
        ];
        found.map(|found| {
            let mut sums = [0; 4];
            // SAFETY: `sums` are 4 writable numbers.
            unsafe { vst1q_s32(sums.as_mut_ptr(), found) };
            sums
        })
    }

    #[test]
    fn each_sum_gets_the_four_products_of_its_bytes_or_of_a_lane() {
        if InstructionSet::detect().level() != Level::Sdot {
            return;
        }
        let start = [5, -6, 7, i32::MAX];
        let a = [1, -2, 3, -4, 127, 127, 127, 127, -128, -128, -128, -128, 0, 9, 0, -9];
        let b = [10, 20, 30, 40, 127, -127, 127, 127, -128, -128, -128, -128, 1, 2, 3, 4];
        let product =
            |a: &[i8], b: &[i8]| a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
        let plus = |lane: usize, b: &[i8]| start[lane].wrapping_add(product(&a[4 * lane..][..4], b));
        let mut expected = [[0; 4]; 5];
        for lane in 0..4 {
            expected[0][lane] = plus(lane, &b[4 * lane..][..4]);
            for of_b in 0..4 {
                expected[1 + of_b][lane] = plus(lane, &b[4 * of_b..][..4]);
            }
        }
        // SAFETY: SDOT was detected.
        assert_eq!(unsafe { sums(start, a, b) }, expected);
    }
}
