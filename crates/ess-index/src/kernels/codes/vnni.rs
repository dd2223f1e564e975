//! Products of bytes on x86-64 with AVX-512 VNNI.

use std::arch::x86_64::*;

use super::line::LINE;

/// How many rows ahead memory is asked for.
const AHEAD: usize = 6;

/// As `InstructionSet::row_products`, but of the query's codes with their offset.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn products(query: &[u8], codes: &[i8], rows: &[u32], products: &mut [i32]) {
    let stride = query.len();
    for &row in rows.iter().take(AHEAD) {
        prefetch(&codes[row as usize * stride..][..stride]);
    }
    for (i, (product, &row)) in products.iter_mut().zip(rows).enumerate() {
        if let Some(&row) = rows.get(i + AHEAD) {
            prefetch(&codes[row as usize * stride..][..stride]);
        }
        *product = one(query, &codes[row as usize * stride..][..stride]);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn prefetch(code: &[i8]) {
    for line in code.chunks_exact(LINE) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr());
    }
}

/// Both are of the same length, a multiple of [`LINE`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn one(query: &[u8], code: &[i8]) -> i32 {
    let mut sums = [_mm512_setzero_si512(); 2];
    for (query, code) in query.chunks(2 * LINE).zip(code.chunks(2 * LINE)) {
        for ((sum, query), code) in sums.iter_mut().zip(query.chunks_exact(LINE)).zip(code.chunks_exact(LINE))
        {
            // SAFETY: `query` and `code` are 64 readable bytes each.
            let (query, code) = unsafe {
                (_mm512_loadu_si512(query.as_ptr().cast()), _mm512_loadu_si512(code.as_ptr().cast()))
            };
            *sum = _mm512_dpbusd_epi32(*sum, query, code);
        }
    }
    _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1]))
}
