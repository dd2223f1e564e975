//! The kernel for x86-64 with AVX2.
//!
//! A shuffle looks 16 codes up in one row of a table, so a register must hold one code of 16 items. The bytes are brought
//! into that order here, the two halves of a register for two blocks, once for all queries.

use std::arch::x86_64::*;

use super::packed_codes::{BLOCK_ITEMS, GROUP_BYTES};
use super::sizes::CENTRES;

/// Registers of 16 items in a group: one for each byte of an item.
const REGISTERS: usize = 4;

/// Rows of a table for one group of codes.
const ROWS: usize = 2 * REGISTERS;

/// Sums of 16 bits: of the even items, and of the odd ones together with 2^-8 times their neighbours'.
#[derive(Clone, Copy)]
struct Sums {
    both: __m256i,
    odd: __m256i,
}

/// As `InstructionSet::sums`, for `N` queries.
#[target_feature(enable = "avx2")]
pub(super) fn sums<const N: usize>(codes: &[u8], block_bytes: usize, tables: [&[u8]; N], sums: &mut [i32]) {
    let blocks = codes.len() / block_bytes;
    let stride = sums.len() / N;
    for block in (0..blocks).step_by(2) {
        let first = &codes[block * block_bytes..][..block_bytes];
        let second = codes.get((block + 1) * block_bytes..(block + 2) * block_bytes);
        let found = pair_sums::<N>(first, second.unwrap_or(first), tables);
        let items = if second.is_some() { 2 * BLOCK_ITEMS } else { BLOCK_ITEMS };
        for (query, &found) in found.iter().enumerate() {
            store(found, &mut sums[query * stride + block * BLOCK_ITEMS..][..items]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn pair_sums<const N: usize>(first: &[u8], second: &[u8], tables: [&[u8]; N]) -> [Sums; N] {
    let groups = first.len() / GROUP_BYTES;
    assert_eq!(first.len(), second.len(), "blocks of one size");
    assert!(tables.iter().all(|table| table.len() >= groups * ROWS * CENTRES), "a table for each group");
    let nibble = _mm256_set1_epi8(15);
    let zero = _mm256_setzero_si256();
    let mut sums = [Sums { both: zero, odd: zero }; N];
    for group in 0..groups {
        let packed = code_by_code(&first[group * GROUP_BYTES..], &second[group * GROUP_BYTES..]);
        for (b, &packed) in packed.iter().enumerate() {
            let lower = _mm256_and_si256(packed, nibble);
            let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(packed), nibble);
            for (sums, table) in sums.iter_mut().zip(&tables) {
                let rows = &table[group * ROWS * CENTRES..][..ROWS * CENTRES];
                add(sums, _mm256_shuffle_epi8(row(rows, b), lower));
                add(sums, _mm256_shuffle_epi8(row(rows, REGISTERS + b), upper));
            }
        }
    }
    sums
}

/// Byte `b` of 16 items of each block in register `b`, from 4 bytes of each item after those of another.
#[inline]
#[target_feature(enable = "avx2")]
fn code_by_code(first: &[u8], second: &[u8]) -> [__m256i; REGISTERS] {
    assert!(first.len() >= GROUP_BYTES && second.len() >= GROUP_BYTES, "whole groups");
    let by_byte =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    let mut x = [_mm256_setzero_si256(); REGISTERS];
    for (quarter, x) in x.iter_mut().enumerate() {
        // SAFETY: both have four quarters of 16 bytes, as asserted above.
        let (first, second) = unsafe {
            let at = quarter * 16;
            (_mm_loadu_si128(first.as_ptr().add(at).cast()), _mm_loadu_si128(second.as_ptr().add(at).cast()))
        };
        *x = _mm256_shuffle_epi8(_mm256_set_m128i(second, first), by_byte);
    }
    let (a, b) = (_mm256_unpacklo_epi32(x[0], x[1]), _mm256_unpackhi_epi32(x[0], x[1]));
    let (c, d) = (_mm256_unpacklo_epi32(x[2], x[3]), _mm256_unpackhi_epi32(x[2], x[3]));
    [
        _mm256_unpacklo_epi64(a, c),
        _mm256_unpackhi_epi64(a, c),
        _mm256_unpacklo_epi64(b, d),
        _mm256_unpackhi_epi64(b, d),
    ]
}

#[inline]
#[target_feature(enable = "avx2")]
fn row(rows: &[u8], row: usize) -> __m256i {
    let row = &rows[row * CENTRES..][..CENTRES];
    // SAFETY: `row` is 16 readable bytes.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(row.as_ptr().cast()) })
}

// The sum of the even items wraps around in `both`, and becomes correct once the odd ones are subtracted.
#[inline]
#[target_feature(enable = "avx2")]
fn add(sums: &mut Sums, found: __m256i) {
    sums.both = _mm256_add_epi16(sums.both, found);
    sums.odd = _mm256_add_epi16(sums.odd, _mm256_srli_epi16::<8>(found));
}

/// Writes the sums of the first block, and of the second where there is room.
#[inline]
#[target_feature(enable = "avx2")]
fn store(found: Sums, sums: &mut [i32]) {
    let even = _mm256_sub_epi16(found.both, _mm256_slli_epi16::<8>(found.odd));
    let (low, high) = (_mm256_unpacklo_epi16(even, found.odd), _mm256_unpackhi_epi16(even, found.odd));
    let halves = [
        _mm256_castsi256_si128(low),
        _mm256_castsi256_si128(high),
        _mm256_extracti128_si256::<1>(low),
        _mm256_extracti128_si256::<1>(high),
    ];
    for (slots, half) in sums.chunks_exact_mut(8).zip(halves) {
        // SAFETY: `slots` are 8 writable components.
        unsafe { _mm256_storeu_si256(slots.as_mut_ptr().cast(), _mm256_cvtepu16_epi32(half)) };
    }
}
