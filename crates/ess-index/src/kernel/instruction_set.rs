//! Which kernel runs, decided when an index is built.

use super::{Element, LANES, QueryBlock, portable};

/// The vector instructions that a kernel needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// Whatever the target always has.
    Portable,
}

impl InstructionSet {
    /// The fastest that this machine has.
    pub(crate) fn detect() -> Self {
        Self::Portable
    }

    /// The numbers of queries that its kernel takes in one pass, falling to 1.
    pub(crate) fn query_widths(self) -> &'static [usize] {
        match self {
            Self::Portable => &[4, 2, 1],
        }
    }

    /// How many panels to go over together: as many as fit into `bytes`, in whole passes of the kernel.
    ///
    /// `lane_bytes` is the size of one item.
    pub(crate) fn panels_together(self, bytes: usize, lane_bytes: usize) -> usize {
        let pass = self.panels_in_a_pass();
        (bytes / (lane_bytes * LANES)).next_multiple_of(pass).max(pass)
    }

    fn panels_in_a_pass(self) -> usize {
        match self {
            Self::Portable => 1,
        }
    }

    /// The similarities of every query of `block` with every item of `panels`: `width × items`, row-major.
    ///
    /// # Panics
    /// When the lengths do not fit together.
    pub(crate) fn similarities<T: Element>(self, panels: &[T], block: &QueryBlock, similarities: &mut [f32]) {
        let dim = block.values.len() / block.width;
        assert_eq!(panels.len() % (dim * LANES), 0, "whole panels");
        assert_eq!(
            similarities.len(),
            panels.len() / dim * block.width,
            "a similarity for each pair"
        );
        match (self, block.width) {
            (Self::Portable, 4) => portable::similarities::<T, 4>(panels, block.values, similarities),
            (Self::Portable, 2) => portable::similarities::<T, 2>(panels, block.values, similarities),
            (Self::Portable, 1) => portable::similarities::<T, 1>(panels, block.values, similarities),
            (_, width) => unreachable!("no kernel for {width} queries"),
        }
    }
}
