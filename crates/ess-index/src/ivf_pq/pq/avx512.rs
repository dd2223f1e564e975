//! The kernel for x86-64 with AVX-512 BW.
//!
//! A shuffle looks up 16 codes in each quarter of a register, in a row of the table of that quarter's own. So a register holds
//! four codes of 16 items, a code in each quarter, and four rows are loaded as they lie in the table. The quarters are added up at
//! the end.

use std::arch::x86_64::*;

use super::packed_codes::{BLOCK_ITEMS, GROUP_BYTES};

/// Bytes of a table for one group of codes: a register for the lower halves of the bytes, one for the upper.
pub(super) const TABLE_BYTES: usize = 2 * 64;

/// Blocks that go together, so that a table is loaded once for both and additions do not wait for each other.
const TOGETHER: usize = 2;

/// Sums of 16 bits: of the even items, and of the odd ones together with 2^-8 times their neighbours'.
#[derive(Clone, Copy)]
struct Sums {
    both: __m512i,
    odd: __m512i,
}

/// As `InstructionSet::sums`, for `N` queries.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn sums<const N: usize>(codes: &[u8], block_bytes: usize, tables: [&[u8]; N], sums: &mut [i32]) {
    let blocks = codes.len() / block_bytes;
    let stride = sums.len() / N;
    let mut block = 0;
    while block + TOGETHER <= blocks {
        let found = block_sums::<N, TOGETHER>(&codes[block * block_bytes..], block_bytes, tables);
        store(&found, sums, stride, block);
        block += TOGETHER;
    }
    if block < blocks {
        let found = block_sums::<N, 1>(&codes[block * block_bytes..], block_bytes, tables);
        store(&found, sums, stride, block);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn block_sums<const N: usize, const B: usize>(
    codes: &[u8],
    block_bytes: usize,
    tables: [&[u8]; N],
) -> [[__m512i; B]; N] {
    assert!(codes.len() >= B * block_bytes, "a block's bytes for each sum");
    let groups = block_bytes / GROUP_BYTES;
    assert!(tables.iter().all(|table| table.len() >= groups * TABLE_BYTES), "a table for each group");
    let zero = _mm512_setzero_si512();
    let mut sums = [[Sums { both: zero, odd: zero }; B]; N];
    for group in 0..groups {
        let (mut lower, mut upper) = ([zero; B], [zero; B]);
        for b in 0..B {
            // SAFETY: `group` is below the groups of a block, and there are `B` blocks, as asserted above.
            let packed = unsafe { load(codes.as_ptr().add(b * block_bytes + group * GROUP_BYTES)) };
            [lower[b], upper[b]] = code_by_code(packed);
        }
        for (sums, table) in sums.iter_mut().zip(&tables) {
            // SAFETY: there is a table of two registers for each group, as asserted above.
            let (low, high) = unsafe {
                let table = table.as_ptr().add(group * TABLE_BYTES);
                (load(table), load(table.add(64)))
            };
            for b in 0..B {
                add(&mut sums[b], _mm512_shuffle_epi8(low, lower[b]));
                add(&mut sums[b], _mm512_shuffle_epi8(high, upper[b]));
            }
        }
    }
    let mut items = [[zero; B]; N];
    for (items, sums) in items.iter_mut().zip(sums) {
        for (items, sums) in items.iter_mut().zip(sums) {
            *items = by_item(sums);
        }
    }
    items
}

/// The codes in the lower and in the upper halves of the bytes: in quarter `b` those of byte `b` of 16 items, from 4 bytes of
/// each item after those of another.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn code_by_code(packed: __m512i) -> [__m512i; 2] {
    let by_byte = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    let by_quarter = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let nibble = _mm512_set1_epi8(15);
    let ordered = _mm512_permutexvar_epi32(by_quarter, _mm512_shuffle_epi8(packed, by_byte));
    [_mm512_and_si512(ordered, nibble), _mm512_and_si512(_mm512_srli_epi16::<4>(ordered), nibble)]
}

// The sum of the even items wraps around in `both`, and becomes correct once the odd ones are subtracted.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn add(sums: &mut Sums, found: __m512i) {
    sums.both = _mm512_add_epi16(sums.both, found);
    sums.odd = _mm512_add_epi16(sums.odd, _mm512_srli_epi16::<8>(found));
}

/// The sum of each of 16 items.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn by_item(sums: Sums) -> __m512i {
    let (both, odd) = (quarters(sums.both), quarters(sums.odd));
    let even = _mm_sub_epi16(both, _mm_slli_epi16::<8>(odd));
    _mm512_cvtepu16_epi32(_mm256_set_m128i(_mm_unpackhi_epi16(even, odd), _mm_unpacklo_epi16(even, odd)))
}

/// The sum of the quarters of a register.
#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn quarters(sums: __m512i) -> __m128i {
    let halves = _mm256_add_epi16(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64::<1>(sums));
    _mm_add_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves))
}

/// # Safety
/// 64 bytes can be read there.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn load(bytes: *const u8) -> __m512i {
    // SAFETY: the caller gives 64 readable bytes.
    unsafe { _mm512_loadu_si512(bytes.cast()) }
}

/// Writes the sums of some blocks, from the one at `block` on, into each query's row of `stride` sums.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn store<const N: usize, const B: usize>(
    found: &[[__m512i; B]; N],
    sums: &mut [i32],
    stride: usize,
    block: usize,
) {
    for (query, found) in found.iter().enumerate() {
        let row = &mut sums[query * stride + block * BLOCK_ITEMS..][..B * BLOCK_ITEMS];
        for (slots, &found) in row.chunks_exact_mut(BLOCK_ITEMS).zip(found) {
            // SAFETY: `slots` are 16 writable components.
            unsafe { _mm512_storeu_si512(slots.as_mut_ptr().cast(), found) };
        }
    }
}
