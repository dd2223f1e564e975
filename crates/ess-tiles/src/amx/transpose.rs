//! A tile turned on its side, two numbers of bfloat16 at a time.

use std::arch::x86_64::*;

use crate::line::{Line, TILE};

/// Pair `j` of line `i` becomes pair `i` of line `j`.
#[target_feature(enable = "avx512f")]
pub(crate) fn transpose(lines: &mut [Line; TILE]) {
    // SAFETY: a line is 64 readable bytes.
    let rows: [__m512i; TILE] =
        std::array::from_fn(|i| unsafe { _mm512_load_si512(lines[i].0.as_ptr().cast()) });
    let mut pairs = rows;
    for i in (0..TILE).step_by(2) {
        pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    let mut fours = pairs;
    for i in (0..TILE).step_by(4) {
        for half in 0..2 {
            fours[i + 2 * half] = _mm512_unpacklo_epi64(pairs[i + half], pairs[i + 2 + half]);
            fours[i + 2 * half + 1] = _mm512_unpackhi_epi64(pairs[i + half], pairs[i + 2 + half]);
        }
    }
    // The even lanes of 128 bits of two vectors, and the odd ones.
    let mut eights = fours;
    for i in [0, 1, 2, 3, 8, 9, 10, 11] {
        eights[i] = _mm512_shuffle_i32x4::<0x88>(fours[i], fours[i + 4]);
        eights[i + 4] = _mm512_shuffle_i32x4::<0xdd>(fours[i], fours[i + 4]);
    }
    for i in 0..TILE / 2 {
        let [even, odd] = [
            _mm512_shuffle_i32x4::<0x88>(eights[i], eights[i + 8]),
            _mm512_shuffle_i32x4::<0xdd>(eights[i], eights[i + 8]),
        ];
        // SAFETY: a line is 64 writable bytes.
        unsafe {
            _mm512_store_si512(lines[i].0.as_mut_ptr().cast(), even);
            _mm512_store_si512(lines[i + 8].0.as_mut_ptr().cast(), odd);
        }
    }
}
