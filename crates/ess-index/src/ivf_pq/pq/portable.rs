//! The portable kernel.

use super::packed_codes::{BLOCK_ITEMS, GROUP_BYTES};
use super::sizes::{CENTRES, GROUP};

/// As `InstructionSet::sums`, for one query.
pub(super) fn sums(codes: &[u8], block_bytes: usize, table: &[u8], sums: &mut [i32]) {
    for (block, sums) in codes.chunks_exact(block_bytes).zip(sums.chunks_exact_mut(BLOCK_ITEMS)) {
        sums.fill(0);
        for (group, rows) in block.chunks_exact(GROUP_BYTES).zip(table.chunks_exact(GROUP * CENTRES)) {
            for (sum, packed) in sums.iter_mut().zip(group.chunks_exact(GROUP / 2)) {
                for (b, &byte) in packed.iter().enumerate() {
                    let lower = rows[b * CENTRES + usize::from(byte & 15)];
                    let upper = rows[(GROUP / 2 + b) * CENTRES + usize::from(byte >> 4)];
                    *sum += i32::from(lower) + i32::from(upper);
                }
            }
        }
    }
}
