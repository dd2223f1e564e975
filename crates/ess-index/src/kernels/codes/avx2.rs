//! Products of bytes on x86-64 with AVX2.

use std::arch::x86_64::*;

/// Bytes that one step takes.
const STEP: usize = 16;

/// As `InstructionSet::row_products`.
#[target_feature(enable = "avx2")]
pub(super) fn products(query: &[u8], codes: &[i8], rows: &[u32], products: &mut [i32]) {
    for (product, &row) in products.iter_mut().zip(rows) {
        *product = one(query, &codes[row as usize * query.len()..][..query.len()]);
    }
}

/// Both are of the same length, a multiple of [`STEP`].
#[inline]
#[target_feature(enable = "avx2")]
fn one(query: &[u8], code: &[i8]) -> i32 {
    let mut sum = _mm256_setzero_si256();
    for (query, code) in query.chunks_exact(STEP).zip(code.chunks_exact(STEP)) {
        // SAFETY: `query` and `code` are 16 readable bytes each.
        let (query, code) =
            unsafe { (_mm_loadu_si128(query.as_ptr().cast()), _mm_loadu_si128(code.as_ptr().cast())) };
        let pairs = _mm256_madd_epi16(_mm256_cvtepu8_epi16(query), _mm256_cvtepi8_epi16(code));
        sum = _mm256_add_epi32(sum, pairs);
    }
    let half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let pair = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
    _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32::<1>(pair)))
}
