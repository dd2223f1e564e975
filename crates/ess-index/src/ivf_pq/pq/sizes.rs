//! Sizes of product quantisation in 4-bit codes.

/// The number of components that one code stands for.
pub(crate) const PAIR: usize = 2;

/// The number of values of a 4-bit code.
pub(crate) const CENTRES: usize = 16;

/// The number of codes in a group: two in each of four neighbouring bytes.
pub(crate) const GROUP: usize = 8;

/// The largest number of codes of an item: the sum of this many 8-bit entries fits in 16 bits.
pub(crate) const MAX_CODES: usize = 256;
