//! The choice of the kernel that adds up codes.

#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, vbmi};
use super::{packed_codes::BLOCK_ITEMS, portable, sizes::CENTRES};
use crate::cpu::{InstructionSet, Level};

impl InstructionSet {
    /// Runs work that is compiled for these instructions, as far as it is inlined here. Rounding does not change: products
    /// are not fused with sums unless the work says so.
    #[inline]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        match self.level() {
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::Sdot => work(),
            Level::Portable => work(),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2_run(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Vnni | Level::Vbmi => unsafe { avx512_run(work) },
        }
    }

    /// For every item of whole blocks the sum of its codes' entries in each query's table: `queries × items`,
    /// row-major. One to four queries go together.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(crate) fn sums(self, codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
        let items = codes.len() / block_bytes * BLOCK_ITEMS;
        assert_eq!(codes.len() % block_bytes, 0, "whole blocks");
        assert_eq!(sums.len(), items * tables.len(), "a sum for each pair");
        assert!(tables.iter().all(|table| table.len() == block_bytes * CENTRES / 8), "a row for each code");
        match self.level() {
            Level::Portable => portable_sums(codes, block_bytes, tables, sums),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2_sums(codes, block_bytes, tables, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Vnni => unsafe { avx512_sums(codes, block_bytes, tables, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Vbmi => unsafe { vbmi_sums(codes, block_bytes, tables, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::Sdot => unsafe { neon_sums(codes, block_bytes, tables, sums) },
        }
    }
}

fn portable_sums(codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
    let items = codes.len() / block_bytes * BLOCK_ITEMS;
    for (table, sums) in tables.iter().zip(sums.chunks_exact_mut(items.max(1))) {
        portable::sums(codes, block_bytes, table, sums);
    }
}

/// Calls a kernel with the number of queries as a constant.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! by_queries {
    ($kernel:path, $codes:expr, $block_bytes:expr, $tables:expr, $sums:expr) => {
        match *$tables {
            [a] => $kernel($codes, $block_bytes, [a], $sums),
            [a, b] => $kernel($codes, $block_bytes, [a, b], $sums),
            [a, b, c] => $kernel($codes, $block_bytes, [a, b, c], $sums),
            [a, b, c, d] => $kernel($codes, $block_bytes, [a, b, c, d], $sums),
            _ => panic!("one to four queries go together, not {}", $tables.len()),
        }
    };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2_sums(codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
    by_queries!(avx2::sums, codes, block_bytes, tables, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn avx512_sums(codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
    by_queries!(avx512::sums, codes, block_bytes, tables, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn vbmi_sums(codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
    by_queries!(vbmi::sums, codes, block_bytes, tables, sums);
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn neon_sums(codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
    by_queries!(neon::sums, codes, block_bytes, tables, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2_run<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
fn avx512_run<R>(work: impl FnOnce() -> R) -> R {
    work()
}
