//! Products of bytes on 64-bit ARM with SDOT.

use std::arch::aarch64::*;

use super::line::LINE;
use super::neon::{STEP, load, total};
use crate::kernels::sdot::sdot;

/// As `InstructionSet::row_products`.
#[target_feature(enable = "neon,dotprod")]
pub(super) fn products(query: &[u8], codes: &[i8], rows: &[u32], products: &mut [i32]) {
    let stride = query.len();
    for (product, &row) in products.iter_mut().zip(rows) {
        *product = one(query, &codes[row as usize * stride..][..stride]);
    }
}

/// Both are of the same length, a multiple of [`LINE`].
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn one(query: &[u8], code: &[i8]) -> i32 {
    let mut sums = [vdupq_n_s32(0); LINE / STEP];
    for (query, code) in query.as_chunks::<LINE>().0.iter().zip(code.as_chunks::<LINE>().0) {
        let steps = query.as_chunks::<STEP>().0.iter().zip(code.as_chunks::<STEP>().0);
        for (sum, (query, code)) in sums.iter_mut().zip(steps) {
            let (query, code) = load(query, code);
            *sum = sdot(*sum, query, code);
        }
    }
    total(sums)
}
