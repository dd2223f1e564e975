//! Product quantisation in 4-bit codes, and the kernels that add up the table entries of codes.
//!
//! A vector is cut into pairs of components, and each pair is replaced by the nearest of 16 ([`Codebooks`]; Jégou, Douze
//! and Schmid, 2011). A query's inner products with the 16 fill a row of a table, so an item's inner product is a sum of
//! one entry from each row ([`Tables`]). Entries are rounded to 8 bits, so that a row of a table fits in a register and a
//! shuffle looks up many codes at once ("fast scan"; André, Kermarrec and Le Scouarnec, 2015).
//!
//! Sums are integers: every instruction set gives the same.

#[cfg(test)]
mod agreement;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod codebooks;
mod dispatch;
mod packed_codes;
mod portable;
mod tables;

pub(crate) use codebooks::Codebooks;
pub(crate) use packed_codes::{BLOCK_ITEMS, block_bytes, blocks_of, pack_block, unpack_block};
pub(crate) use tables::{Scale, Tables};

/// The number of components that one code stands for.
pub(crate) const PAIR: usize = 2;

/// The number of values of a 4-bit code.
pub(crate) const CENTRES: usize = 16;

/// The number of codes in a group: two in each of four neighbouring bytes.
pub(crate) const GROUP: usize = 8;

/// The largest number of codes of an item: the sum of this many 8-bit entries fits in 16 bits.
pub(crate) const MAX_CODES: usize = 256;
