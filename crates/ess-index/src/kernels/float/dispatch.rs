//! The choice of the kernel for similarities.

#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use super::{
    element::Element,
    lanes::{LANES, STRIP_LANES},
    packed_queries::QueryBlock,
    portable,
};
use crate::cpu::{InstructionSet, Level};

impl InstructionSet {
    /// The maximum number of queries that its kernel takes in one pass.
    pub(crate) fn widest_query_block(self) -> usize {
        match self.level() {
            Level::Portable => 2,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => 6,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Vnni | Level::Vbmi => 8,
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::Sdot => 8,
        }
    }

    /// Whether several blocks of queries are sooner compared with a [`Strip`](super::strip::Strip) at a time.
    pub(crate) fn goes_by_strips<T: Element>(self) -> bool {
        match self.level() {
            // Lanes of half the size lie nearer to each other, and gain nothing by being copied.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => size_of::<T>() == size_of::<f32>(),
            _ => false,
        }
    }

    /// Copies the lanes of a panel from `first_lane` on, widened.
    ///
    /// # Panics
    /// When the kernel [goes by panels](Self::goes_by_strips).
    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(unused_variables, reason = "kernels for x86-64 alone go by strips")
    )]
    pub(crate) fn copy_strip<T: Element>(self, panel: &[T], first_lane: usize, strip: &mut [f32]) {
        assert_eq!(panel.len() / LANES, strip.len() / STRIP_LANES, "dimensions of a panel and of a strip");
        match self.level() {
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2::copy_strip(panel, first_lane, strip) },
            level => unreachable!("{level:?} goes by panels"),
        }
    }

    /// The similarities of every query of `block` with the items of a strip, in rows that begin `stride` components apart.
    ///
    /// # Panics
    /// When the lengths do not fit together, or the kernel [goes by panels](Self::goes_by_strips).
    pub(crate) fn strip_similarities(
        self,
        strip: &[f32],
        block: &QueryBlock,
        similarities: &mut [f32],
        stride: usize,
    ) {
        assert_eq!(
            block.values.len() / block.width,
            strip.len() / STRIP_LANES,
            "dimensions of queries and of a strip"
        );
        assert!(similarities.len() >= (block.width - 1) * stride + STRIP_LANES, "a similarity for each pair");
        match self.level() {
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2_strip_similarities(strip, block, similarities, stride) },
            level => unreachable!("{level:?} goes by panels"),
        }
    }

    /// Raises `best`, a value for each lane of one or two [strips](super::query_strips::QueryStrips) of queries, to the largest of
    /// the query's inner products with rows (`n × dim`, row-major), each times the row's factor. A product that is no number counts
    /// nothing.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(crate) fn raise_to_largest(self, strips: &[f32], rows: &[f32], factors: &[f32], best: &mut [f32]) {
        let dim = strips.len() / best.len();
        assert!(
            matches!(best.len() / STRIP_LANES, 1 | 2) && best.len().is_multiple_of(STRIP_LANES),
            "one strip or two"
        );
        assert_eq!(strips.len(), dim * best.len(), "strips of as many lanes as values");
        assert_eq!(rows.len(), dim * factors.len(), "a factor for each row");
        match self.level() {
            Level::Portable => portable::raise_to_largest(strips, rows, factors, best),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2::raise_to_largest(strips, rows, factors, best) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Vnni | Level::Vbmi => unsafe {
                match best.len() / STRIP_LANES {
                    1 => avx512::raise_to_largest::<1>(strips, rows, factors, best),
                    _ => avx512::raise_to_largest::<2>(strips, rows, factors, best),
                }
            },
            // NEON is part of every such target, so that the portable form is compiled for it.
            #[cfg(target_arch = "aarch64")]
            Level::Neon => portable::raise_to_largest(strips, rows, factors, best),
        }
    }

    /// The similarities of every query of `block` with every item of `panels`: `width × items`, row-major.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(crate) fn similarities<T: Element>(self, panels: &[T], block: &QueryBlock, similarities: &mut [f32]) {
        let dim = block.values.len() / block.width;
        assert_eq!(panels.len() % (dim * LANES), 0, "whole panels");
        assert_eq!(similarities.len(), panels.len() / dim * block.width, "a similarity for each pair");
        match self.level() {
            Level::Portable => portable_similarities(panels, block, similarities),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2_similarities(panels, block, similarities) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Vnni | Level::Vbmi => unsafe {
                avx512_similarities(panels, block, similarities)
            },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::Sdot => unsafe { neon_similarities(panels, block, similarities) },
        }
    }
}

/// Calls a kernel with the number of queries, and what else is written for that number, as constants.
macro_rules! by_width {
    ($kernel:ident, $panels:expr, $block:expr, $out:expr, $($width:literal $($registers:literal)?),*) => {
        match $block.width {
            $($width => $kernel::similarities::<T, $width $(, $registers)?>($panels, $block.values, $out),)*
            width => unreachable!("no kernel for {width} queries"),
        }
    };
}

fn portable_similarities<T: Element>(panels: &[T], block: &QueryBlock, out: &mut [f32]) {
    by_width!(portable, panels, block, out, 1, 2);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2_similarities<T: Element>(panels: &[T], block: &QueryBlock, out: &mut [f32]) {
    by_width!(avx2, panels, block, out, 1 6, 2 6, 3 3, 4 2, 5 2, 6 2);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512_similarities<T: Element>(panels: &[T], block: &QueryBlock, out: &mut [f32]) {
    by_width!(avx512, panels, block, out, 1, 2, 3, 4, 5, 6, 7, 8);
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn neon_similarities<T: Element>(panels: &[T], block: &QueryBlock, out: &mut [f32]) {
    by_width!(neon, panels, block, out, 1 12, 2 12, 3 6, 4 6, 5 4, 6 4, 7 3, 8 3);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2_strip_similarities(strip: &[f32], block: &QueryBlock, out: &mut [f32], stride: usize) {
    match block.width {
        1 => avx2::strip_similarities::<1>(strip, block.values, out, stride),
        2 => avx2::strip_similarities::<2>(strip, block.values, out, stride),
        3 => avx2::strip_similarities::<3>(strip, block.values, out, stride),
        4 => avx2::strip_similarities::<4>(strip, block.values, out, stride),
        5 => avx2::strip_similarities::<5>(strip, block.values, out, stride),
        6 => avx2::strip_similarities::<6>(strip, block.values, out, stride),
        width => unreachable!("no kernel for {width} queries"),
    }
}
