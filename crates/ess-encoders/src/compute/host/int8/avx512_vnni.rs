//! The kernel for AVX-512 with VNNI, which adds up products of bytes in 32 bits.

use std::arch::x86_64::*;

use super::sizes::{COLUMNS, QUAD};

/// As [`super::dispatch`]'s `products`.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) fn products(strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]]) {
    let depth = strip.len() / COLUMNS;
    let whole = sums.len() / 12 * 12;
    let (first, rest) = sums.split_at_mut(whole);
    for (codes, sums) in codes.chunks_exact(12 * depth).zip(first.as_chunks_mut::<12>().0) {
        tile(strip, codes, sums);
    }
    let codes = &codes[whole * depth..];
    let whole = rest.len() / 4 * 4;
    let (middle, last) = rest.split_at_mut(whole);
    for (codes, sums) in codes.chunks_exact(4 * depth).zip(middle.as_chunks_mut::<4>().0) {
        tile(strip, codes, sums);
    }
    for (codes, sums) in codes[whole * depth..].chunks_exact(depth).zip(last.as_chunks_mut::<1>().0) {
        tile(strip, codes, sums);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn tile<const R: usize>(strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]; R]) {
    let quads = strip.as_chunks::<{ QUAD * COLUMNS }>().0;
    let depth = strip.len() / COLUMNS;
    let rows: [&[[u8; QUAD]]; R] =
        std::array::from_fn(|row| &codes[row * depth..][..depth].as_chunks().0[..quads.len()]);
    let mut totals = [_mm512_setzero_si512(); R];
    for (quad, weights) in quads.iter().enumerate() {
        // SAFETY: `weights` are 64 readable bytes.
        let weights = unsafe { _mm512_loadu_si512(weights.as_ptr().cast()) };
        for (total, row) in totals.iter_mut().zip(&rows) {
            let inputs = _mm512_set1_epi32(i32::from_ne_bytes(row[quad]));
            *total = _mm512_dpbusd_epi32(*total, inputs, weights);
        }
    }
    for (sums, &total) in sums.iter_mut().zip(&totals) {
        // SAFETY: `sums` are 16 writable numbers.
        unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), total) };
    }
}
