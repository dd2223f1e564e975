//! The choice of the kernel for int8 panels.

use std::ops::Range;

use super::candidates::Offer;
use super::packed::ByteBlock;
use super::panels::GROUP;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, vnni};
use crate::cpu::{InstructionSet, Level};
use crate::kernels::float::LANES;

/// Calls a kernel with the number of queries as a constant.
macro_rules! by_width {
    ($kernel:ident, $panels:expr, $width:expr, $queries:expr, $out:expr, $($number:literal),*) => {
        match $width {
            $($number => $kernel::products::<$number>($panels, $queries, $out),)*
            width => unreachable!("no kernel for {width} queries"),
        }
    };
}

impl InstructionSet {
    /// The most queries that its kernel takes in one pass.
    pub(super) fn widest_byte_block(self) -> usize {
        match self.level() {
            Level::Portable => 2,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => 2,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => 8,
            #[cfg(target_arch = "x86_64")]
            Level::Vnni | Level::Vbmi => 8,
        }
    }

    /// The inner products of the codes of every query of `block` with every item of `panels`: `width × items`, row-major.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(super) fn panel_products(self, panels: &[i8], block: &ByteBlock, out: &mut [i32]) {
        let groups = block.signed.len() / block.width;
        assert_eq!(panels.len() % (groups * GROUP * LANES), 0, "whole panels");
        assert_eq!(out.len(), panels.len() / (groups * GROUP) * block.width, "a product for each pair");
        match self.level() {
            Level::Portable => by_width!(portable, panels, block.width, block.signed, out, 1, 2),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => by_width!(portable, panels, block.width, block.signed, out, 1, 2),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => unsafe { products_avx2(panels, block, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Vnni | Level::Vbmi => unsafe { products_vnni(panels, block, out) },
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
        match self.level() {
            Level::Portable => offer.upper_bounds(range, threshold, upper),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => offer.upper_bounds(range, threshold, upper),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => unsafe { upper_bounds_avx2(offer, range, threshold, upper) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Vnni | Level::Vbmi => unsafe { upper_bounds_avx512(offer, range, threshold, upper) },
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
