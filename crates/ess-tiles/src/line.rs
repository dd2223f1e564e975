//! A row of a tile: 64 bytes that do not straddle two lines of the cache.

/// 32 numbers of bfloat16, by their bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u16; NUMBERS]);

/// The bfloat16 numbers of a line.
pub(crate) const NUMBERS: usize = 32;

/// The lines of a tile.
pub(crate) const TILE: usize = 16;
