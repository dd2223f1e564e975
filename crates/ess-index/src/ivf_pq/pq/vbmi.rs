//! The kernel for x86-64 with AVX-512 VBMI and VNNI.
//!
//! A register is a table of 64 bytes: four rows of 16. With the row in bits 4 and 5 of an index and the code below, one
//! `vpermb` looks four codes of 16 items up, and one `vpdpbusd` adds each item's four entries to its sum.

use std::arch::x86_64::*;

use super::{
    avx512::{TABLE_BYTES, load, store},
    packed_codes::GROUP_BYTES,
};

/// Blocks that go together, so that a table is loaded once for all and additions do not wait for each other.
const TOGETHER: usize = 4;

/// As `InstructionSet::sums`, for `N` queries.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
pub(super) fn sums<const N: usize>(codes: &[u8], block_bytes: usize, tables: [&[u8]; N], sums: &mut [i32]) {
    let blocks = codes.len() / block_bytes;
    let stride = sums.len() / N;
    let mut block = 0;
    while block + TOGETHER <= blocks {
        let found = block_sums::<N, TOGETHER>(&codes[block * block_bytes..], block_bytes, tables);
        store(&found, sums, stride, block);
        block += TOGETHER;
    }
    while block < blocks {
        let found = block_sums::<N, 1>(&codes[block * block_bytes..], block_bytes, tables);
        store(&found, sums, stride, block);
        block += 1;
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn block_sums<const N: usize, const B: usize>(
    codes: &[u8],
    block_bytes: usize,
    tables: [&[u8]; N],
) -> [[__m512i; B]; N] {
    assert!(codes.len() >= B * block_bytes, "a block's bytes for each sum");
    let groups = block_bytes / GROUP_BYTES;
    assert!(tables.iter().all(|table| table.len() >= groups * TABLE_BYTES), "a table for each group");
    let nibble = _mm512_set1_epi8(15);
    let row = _mm512_set1_epi32(0x3020_1000);
    let ones = _mm512_set1_epi8(1);
    let mut sums = [[_mm512_setzero_si512(); B]; N];
    for group in 0..groups {
        let mut lower = [_mm512_setzero_si512(); B];
        let mut upper = [_mm512_setzero_si512(); B];
        for b in 0..B {
            // SAFETY: `group` is below the groups of a block, and there are `B` blocks, as asserted above.
            let packed = unsafe { load(codes.as_ptr().add(b * block_bytes + group * GROUP_BYTES)) };
            // (a & b) | c
            lower[b] = _mm512_ternarylogic_epi32::<0xea>(packed, nibble, row);
            upper[b] = _mm512_ternarylogic_epi32::<0xea>(_mm512_srli_epi16::<4>(packed), nibble, row);
        }
        for (sums, table) in sums.iter_mut().zip(&tables) {
            // SAFETY: there is a table of two registers for each group, as asserted above.
            let (low, high) = unsafe {
                let table = table.as_ptr().add(group * TABLE_BYTES);
                (load(table), load(table.add(64)))
            };
            for b in 0..B {
                sums[b] = _mm512_dpbusd_epi32(sums[b], _mm512_permutexvar_epi8(lower[b], low), ones);
                sums[b] = _mm512_dpbusd_epi32(sums[b], _mm512_permutexvar_epi8(upper[b], high), ones);
            }
        }
    }
    sums
}
