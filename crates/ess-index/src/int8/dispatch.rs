//! The choice of the kernel for int8 panels.

use std::ops::Range;

use super::offer::Offer;
use super::packed::ByteBlock;
use super::panels::GROUP;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, vnni};
#[cfg(target_arch = "aarch64")]
use super::{neon, sdot};
use crate::cpu::{InstructionSet, Level};
use crate::kernels::float::lanes::LANES;

/// Calls a kernel with the number of queries, and what else is written for that number, as constants.
macro_rules! by_width {
    ($kernel:ident, $panels:expr, $width:expr, $queries:expr, $out:expr, $($number:literal $($registers:literal)?),*) => {
        match $width {
            $($number => $kernel::products::<$number $(, $registers)?>($panels, $queries, $out),)*
            width => unreachable!("no kernel for {width} queries"),
        }
    };
}

impl InstructionSet {
    /// The maximum number of queries that its kernel takes in one pass.
    pub(super) fn widest_byte_block(self) -> usize {
        match self.level() {
            Level::Portable => 2,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => 8,
            #[cfg(target_arch = "x86_64")]
            Level::Vnni | Level::Vbmi => 8,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => 4,
            #[cfg(target_arch = "aarch64")]
            Level::Sdot => 8,
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
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => unsafe { products_avx2(panels, block, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Vnni | Level::Vbmi => unsafe { products_vnni(panels, block, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Neon => unsafe { products_neon(panels, block, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Sdot => unsafe { products_sdot(panels, block, out) },
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
            // NEON is what the target always has: the plain form is compiled for it.
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::Sdot => offer.upper_bounds(range, threshold, upper),
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

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn products_neon(panels: &[i8], block: &ByteBlock, out: &mut [i32]) {
    by_width!(neon, panels, block.width, block.signed, out, 1 4, 2 2, 3 2, 4 2);
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon,dotprod")]
fn products_sdot(panels: &[i8], block: &ByteBlock, out: &mut [i32]) {
    by_width!(sdot, panels, block.width, block.signed, out, 1 12, 2 12, 3 6, 4 6, 5 4, 6 4, 7 3, 8 3);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::int8::packed::PackedBytes;
    use crate::int8::panels::BytePanels;

    /// Codes from -127 to 127; of each row the first one is the largest, so that queries keep theirs when they are quantised.
    fn codes(rows: usize, dim: usize, step: usize) -> Vec<Vec<i8>> {
        let code = |row: usize, i: usize| ((row * 31 + i * step) % 255) as i16 - 127;
        let row = |row| (0..dim).map(move |i| if i == 0 { 127 } else { code(row, i) as i8 });
        (0..rows).map(|index| row(index).collect()).collect()
    }

    #[test]
    fn every_kernel_multiplies_every_query_with_every_item() {
        for (count, dim) in [(1, 1), (LANES, 4), (2 * LANES + 5, 7), (3, 66)] {
            let (items, queries) = (codes(count, dim, 89), codes(16, dim, 41));
            let mut panels = BytePanels::new(dim);
            items.iter().for_each(|item| panels.push(item));
            let [bytes] = panels.parts();
            let numbers: Vec<f32> = queries.iter().flatten().map(|&code| f32::from(code)).collect();
            for set in InstructionSet::available() {
                assert!(set.widest_byte_block() > 1, "{set:?}");
                for widest in 1..=set.widest_byte_block() {
                    // Two blocks of this width; other numbers of queries are cut into narrower ones, as even as can be.
                    let numbers = &numbers[..2 * widest * dim];
                    for block in PackedBytes::new(numbers, dim, widest).blocks() {
                        assert_eq!(block.width, widest);
                        let padded = bytes.len() / panels.stride();
                        let mut found = vec![i32::MIN; padded * block.width];
                        set.panel_products(bytes, &block, &mut found);
                        for (j, found) in found.chunks(padded).enumerate() {
                            let query = &queries[block.first + j];
                            let product = |item: &Vec<i8>| {
                                item.iter()
                                    .zip(query)
                                    .map(|(&x, &q)| i32::from(x) * i32::from(q))
                                    .sum::<i32>()
                            };
                            let mut expected: Vec<i32> = items.iter().map(product).collect();
                            expected.resize(padded, 0);
                            assert_eq!(
                                found, expected,
                                "{set:?}, {widest} queries together, dimension {dim}"
                            );
                        }
                    }
                }
            }
        }
    }
}
