//! Which kernel runs, decided when an index is built.

#[cfg(target_arch = "aarch64")]
use super::neon;
use super::{Element, LANES, QueryBlock, portable};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// The vector instructions that a kernel needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// Whatever the target always has.
    Portable,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl InstructionSet {
    /// Those that this machine has, the slowest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut available = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c");
            available.extend(avx2.then_some(Self::Avx2));
            available.extend(is_x86_feature_detected!("avx512f").then_some(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        available.extend(std::arch::is_aarch64_feature_detected!("neon").then_some(Self::Neon));
        available
    }

    /// The fastest that this machine has.
    pub(crate) fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// The most queries that its kernel takes in one pass.
    pub(crate) fn widest_query_block(self) -> usize {
        match self {
            Self::Portable => 2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => 6,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => 8,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => 8,
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
        match self {
            Self::Portable => portable_similarities(panels, block, similarities),
            // SAFETY: the value exists only where `available` has found the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2_similarities(panels, block, similarities) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512_similarities(panels, block, similarities) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon_similarities(panels, block, similarities) },
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
