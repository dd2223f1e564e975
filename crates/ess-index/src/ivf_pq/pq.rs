//! Product quantisation in 4-bit codes, and the kernels that add up the table entries of codes.
//!
//! A vector is cut into pairs of components, and each pair is replaced by the nearest of 16 ([`Codebooks`](codebooks::Codebooks); Jégou, Douze
//! and Schmid, 2011). A query's inner products with the 16 fill a row of a table, so an item's inner product is a sum of
//! one entry from each row ([`Tables`](tables::Tables)). Entries are rounded to 8 bits, so that a row of a table fits in a register and a
//! shuffle looks up many codes at once ("fast scan"; André, Kermarrec and Le Scouarnec, 2015).
//!
//! Sums are integers: every instruction set gives the same.

#[cfg(test)]
mod agreement;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod codebooks;
mod dispatch;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod packed_codes;
mod portable;
pub(crate) mod sizes;
pub(crate) mod tables;
#[cfg(target_arch = "x86_64")]
mod vbmi;
