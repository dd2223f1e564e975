//! The kernel for 64-bit ARM, which always has NEON.
//!
//! One instruction loads 16 items' bytes so that each of four registers holds one byte of every item; a table look-up then takes
//! 16 codes through one row of a table.

use std::arch::aarch64::*;

use super::packed_codes::{BLOCK_ITEMS, GROUP_BYTES};
use super::sizes::{CENTRES, GROUP};

/// Registers of 16 items in a group: one for each byte of an item.
const REGISTERS: usize = GROUP / 2;

/// The rows of a table for one group of codes.
type Rows = [[u8; CENTRES]; GROUP];

/// Sums of 16 bits: of the first eight items of a block, and of the last.
type Sums = [uint16x8_t; 2];

/// As `InstructionSet::sums`, for `N` queries.
#[target_feature(enable = "neon")]
pub(super) fn sums<const N: usize>(codes: &[u8], block_bytes: usize, tables: [&[u8]; N], sums: &mut [i32]) {
    let tables = tables.map(|table| table.as_chunks::<CENTRES>().0.as_chunks::<GROUP>().0);
    let stride = sums.len() / N;
    for (block, codes) in codes.chunks_exact(block_bytes).enumerate() {
        let found = block_sums(codes.as_chunks().0, tables);
        for (query, found) in found.into_iter().enumerate() {
            store(found, &mut sums[query * stride + block * BLOCK_ITEMS..][..BLOCK_ITEMS]);
        }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn block_sums<const N: usize>(groups: &[[u8; GROUP_BYTES]], tables: [&[Rows]; N]) -> [Sums; N] {
    let tables = tables.map(|table| &table[..groups.len()]);
    let mut sums = [[vdupq_n_u16(0); 2]; N];
    for (group, codes) in groups.iter().enumerate() {
        // SAFETY: a group has 64 readable bytes.
        let uint8x16x4_t(a, b, c, d) = unsafe { vld4q_u8(codes.as_ptr()) };
        for (register, packed) in [a, b, c, d].into_iter().enumerate() {
            let (lower, upper) = (vandq_u8(packed, vdupq_n_u8(15)), vshrq_n_u8::<4>(packed));
            for (sums, table) in sums.iter_mut().zip(&tables) {
                let rows = &table[group];
                add(sums, vqtbl1q_u8(row(&rows[register]), lower));
                add(sums, vqtbl1q_u8(row(&rows[REGISTERS + register]), upper));
            }
        }
    }
    sums
}

#[inline]
#[target_feature(enable = "neon")]
fn row(row: &[u8; CENTRES]) -> uint8x16_t {
    // SAFETY: `row` is 16 readable bytes.
    unsafe { vld1q_u8(row.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn add([first, last]: &mut Sums, found: uint8x16_t) {
    *first = vaddw_u8(*first, vget_low_u8(found));
    *last = vaddw_high_u8(*last, found);
}

/// Writes the sums of a block.
#[inline]
#[target_feature(enable = "neon")]
fn store(found: Sums, sums: &mut [i32]) {
    for (slots, found) in sums.chunks_exact_mut(BLOCK_ITEMS / 2).zip(found) {
        let halves = [vmovl_u16(vget_low_u16(found)), vmovl_high_u16(found)];
        for (slots, half) in slots.chunks_exact_mut(4).zip(halves) {
            // SAFETY: `slots` are 4 writable components.
            unsafe { vst1q_s32(slots.as_mut_ptr(), vreinterpretq_s32_u32(half)) };
        }
    }
}
