//! Which kernel for bytes runs, decided when an index is built.

use std::ops::Range;

use super::candidates::Offer;
use super::packed::ByteBlock;
use super::panels::GROUP;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, vnni};
use crate::kernel::LANES;

/// The vector instructions that a kernel needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instructions {
    /// Whatever the target always has.
    Portable,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

/// Calls a kernel with the number of queries as a constant.
macro_rules! by_width {
    ($kernel:ident, $panels:expr, $width:expr, $queries:expr, $out:expr, $($number:literal),*) => {
        match $width {
            $($number => $kernel::products::<$number>($panels, $queries, $out),)*
            width => unreachable!("no kernel for {width} queries"),
        }
    };
}

impl Instructions {
    /// Those that this machine has, the slowest first.
    pub(super) fn available() -> Vec<Self> {
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
    pub(super) fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// The most queries that its kernel takes in one pass.
    pub(super) fn widest_query_block(self) -> usize {
        match self {
            Self::Portable => 2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => 8,
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => 8,
        }
    }

    /// The inner products of the codes of every query of `block` with every item of `panels`: `width × items`, row-major.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(super) fn products(self, panels: &[i8], block: &ByteBlock, out: &mut [i32]) {
        let groups = block.signed.len() / block.width;
        assert_eq!(panels.len() % (groups * GROUP * LANES), 0, "whole panels");
        assert_eq!(out.len(), panels.len() / (groups * GROUP) * block.width, "a product for each pair");
        match self {
            Self::Portable => by_width!(portable, panels, block.width, block.signed, out, 1, 2),
            // SAFETY: the value exists only where `available` has found the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { products_avx2(panels, block, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => unsafe { products_vnni(panels, block, out) },
        }
    }

    /// As [`Offer::upper_bounds`].
    #[inline]
    pub(super) fn upper_bounds(
        self,
        offer: &Offer,
        range: Range<usize>,
        threshold: f32,
        upper: &mut [f32; LANES],
    ) -> bool {
        match self {
            Self::Portable => offer.upper_bounds(range, threshold, upper),
            // SAFETY: the value exists only where `available` has found the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { upper_bounds_avx2(offer, range, threshold, upper) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => unsafe { upper_bounds_avx512(offer, range, threshold, upper) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn products_avx2(panels: &[i8], block: &ByteBlock, out: &mut [i32]) {
    by_width!(avx2, panels, block.width, block.signed, out, 1, 2, 3, 4, 5, 6, 7, 8);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn products_vnni(panels: &[i8], block: &ByteBlock, out: &mut [i32]) {
    by_width!(vnni, panels, block.width, block.offset, out, 1, 2, 3, 4, 5, 6, 7, 8);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn upper_bounds_avx2(offer: &Offer, range: Range<usize>, threshold: f32, upper: &mut [f32; LANES]) -> bool {
    offer.upper_bounds(range, threshold, upper)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn upper_bounds_avx512(offer: &Offer, range: Range<usize>, threshold: f32, upper: &mut [f32; LANES]) -> bool {
    offer.upper_bounds(range, threshold, upper)
}
