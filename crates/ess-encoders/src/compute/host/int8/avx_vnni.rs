//! The kernel for AVX-VNNI, which adds up products of bytes in 32 bits.

use std::arch::x86_64::*;

use super::sizes::{COLUMNS, QUAD};

/// Vectors of a strip's columns.
const VECTORS: usize = 2;

/// As [`super::dispatch`]'s `products`.
#[target_feature(enable = "avx2,avxvnni")]
pub(super) fn products(strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]]) {
    let depth = strip.len() / COLUMNS;
    let whole = sums.len() / 6 * 6;
    let (first, last) = sums.split_at_mut(whole);
    for (codes, sums) in codes.chunks_exact(6 * depth).zip(first.as_chunks_mut::<6>().0) {
        tile(strip, codes, sums);
    }
    for (codes, sums) in codes[whole * depth..].chunks_exact(depth).zip(last.as_chunks_mut::<1>().0) {
        tile(strip, codes, sums);
    }
}

#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn tile<const R: usize>(strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]; R]) {
    let quads = strip.as_chunks::<{ QUAD * COLUMNS }>().0;
    let depth = strip.len() / COLUMNS;
    let rows: [&[[u8; QUAD]]; R] =
        std::array::from_fn(|row| &codes[row * depth..][..depth].as_chunks().0[..quads.len()]);
    let mut totals = [[_mm256_setzero_si256(); VECTORS]; R];
    for (quad, weights) in quads.iter().enumerate() {
        let weights = weights.as_chunks::<32>().0;
        let weights: [__m256i; VECTORS] = std::array::from_fn(|vector| {
            // SAFETY: `weights[vector]` are 32 readable bytes.
            unsafe { _mm256_loadu_si256(weights[vector].as_ptr().cast()) }
        });
        for (totals, row) in totals.iter_mut().zip(&rows) {
            let inputs = _mm256_set1_epi32(i32::from_ne_bytes(row[quad]));
            for (total, &weights) in totals.iter_mut().zip(&weights) {
                *total = _mm256_dpbusd_avx_epi32(*total, inputs, weights);
            }
        }
    }
    for (sums, totals) in sums.iter_mut().zip(&totals) {
        for (sums, &total) in sums.as_chunks_mut::<8>().0.iter_mut().zip(totals) {
            // SAFETY: `sums` are 8 writable numbers.
            unsafe { _mm256_storeu_si256(sums.as_mut_ptr().cast(), total) };
        }
    }
}
