//! Which kernel runs, decided when an index is made.

use super::{BLOCK_ITEMS, CENTRES, portable};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// The vector instructions that a kernel needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instructions {
    /// Whatever the target always has.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with byte permutations (VBMI) and byte products (VNNI).
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Instructions {
    /// Those that this machine has, the slowest first.
    pub(crate) fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut, reason = "there are no other kernels"))]
        let mut available = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vnni")
                && is_x86_feature_detected!("popcnt");
            available.extend(avx2.then_some(Self::Avx2));
            available.extend((avx2 && avx512).then_some(Self::Avx512));
        }
        available
    }

    /// The fastest that this machine has.
    pub(crate) fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// Runs work that is compiled for these instructions, as far as it is inlined here. Rounding does not change: products
    /// are not fused with sums unless the work says so.
    #[inline]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        match self {
            Self::Portable => work(),
            // SAFETY: the value exists only where `available` has found the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2_run(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512_run(work) },
        }
    }

    /// For every item of whole blocks the sum of its codes' numbers in each query's table: `queries × items`,
    /// row-major. One to four queries go together.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(crate) fn sums(self, codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
        let items = codes.len() / block_bytes * BLOCK_ITEMS;
        assert_eq!(codes.len() % block_bytes, 0, "whole blocks");
        assert_eq!(sums.len(), items * tables.len(), "a sum for each pair");
        assert!(tables.iter().all(|table| table.len() == block_bytes * CENTRES / 8), "a row for each code");
        match self {
            Self::Portable => {
                for (table, sums) in tables.iter().zip(sums.chunks_exact_mut(items.max(1))) {
                    portable::sums(codes, block_bytes, table, sums);
                }
            }
            // SAFETY: the value exists only where `available` has found the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2_sums(codes, block_bytes, tables, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512_sums(codes, block_bytes, tables, sums) },
        }
    }
}

/// Calls a kernel with the number of queries as a constant.
#[cfg(target_arch = "x86_64")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn avx512_sums(codes: &[u8], block_bytes: usize, tables: &[&[u8]], sums: &mut [i32]) {
    by_queries!(avx512::sums, codes, block_bytes, tables, sums);
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
