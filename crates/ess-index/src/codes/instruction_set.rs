//! Which kernel multiplies bytes, decided when codes are made.

use super::{LINE, portable};
#[cfg(target_arch = "x86_64")]
use super::{avx2, vnni};

/// The vector instructions that a kernel for bytes needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteInstructions {
    /// Whatever the target always has.
    Portable,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

impl ByteInstructions {
    /// Those that this machine has, the slowest first.
    pub(crate) fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut, reason = "there are no other kernels"))]
        let mut available = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let vnni = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni");
            available.extend(is_x86_feature_detected!("avx2").then_some(Self::Avx2));
            available.extend(vnni.then_some(Self::Vnni));
        }
        available
    }

    /// The fastest that this machine has.
    pub(crate) fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// The sum of `query[i] · codes[row · stride + i]` for each row named; the stride is the query's length.
    ///
    /// # Panics
    /// When a row is not among the codes, or lengths do not fit together.
    #[inline]
    pub(super) fn products(self, query: &[u8], codes: &[i8], rows: &[u32], products: &mut [i32]) {
        assert!(query.len().is_multiple_of(LINE) && rows.len() == products.len(), "whole lines, a sum a row");
        match self {
            Self::Portable => portable::products(query, codes, rows, products),
            // SAFETY: the value exists only where `available` has found the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::products(query, codes, rows, products) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => unsafe { vnni::products(query, codes, rows, products) },
        }
    }
}
