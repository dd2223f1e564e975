//! Products of bytes on x86-64 with AVX2.

use std::arch::x86_64::*;

use super::line::LINE;

/// Bytes that one step takes.
const STEP: usize = 32;

/// How many rows ahead memory is asked for.
const AHEAD: usize = 4;

/// As `InstructionSet::row_products`.
#[target_feature(enable = "avx2")]
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
#[target_feature(enable = "avx2")]
fn prefetch(code: &[i8]) {
    for line in code.chunks_exact(LINE) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr());
    }
}

/// Both are of the same length, a multiple of [`LINE`].
///
/// One factor is made positive and its sign given to the other. Codes are at most 127, so a sum of two products is below 2^15.
#[inline]
#[target_feature(enable = "avx2")]
fn one(query: &[u8], code: &[i8]) -> i32 {
    let (ones, offset) = (_mm256_set1_epi16(1), _mm256_set1_epi8(i8::MIN));
    let mut sums = [_mm256_setzero_si256(); LINE / STEP];
    for (query, code) in query.chunks_exact(LINE).zip(code.chunks_exact(LINE)) {
        let steps = query.chunks_exact(STEP).zip(code.chunks_exact(STEP));
        for (sum, (query, code)) in sums.iter_mut().zip(steps) {
            // SAFETY: `query` and `code` are 32 readable bytes each.
            let (query, code) = unsafe {
                (_mm256_loadu_si256(query.as_ptr().cast()), _mm256_loadu_si256(code.as_ptr().cast()))
            };
            let query = _mm256_xor_si256(query, offset);
            let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(query), _mm256_sign_epi8(code, query));
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
        }
    }
    let sum = _mm256_add_epi32(sums[0], sums[1]);
    let half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let pair = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
    _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32::<1>(pair)))
}
