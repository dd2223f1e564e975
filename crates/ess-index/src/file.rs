//! Files of indexes: one format for all kinds, version 1, little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `ESSINDEX` |
//! | 8..12 | version, `u32` |
//! | 12..16 | length of the header, `u32` |
//! | 16..40 | checksum of the header, as text |
//! | 40.. | header, JSON: the kind of index, what the kind says about itself, the sections |
//! | then | sections, each at a multiple of 64 bytes, zeros between |
//!
//! Each section has a name, an offset from the first one, a length and a checksum. The file ends with the last section.

#[cfg(target_endian = "big")]
compile_error!("files are read as they lie in memory, which is little-endian");

pub(crate) mod contents;
mod header;
pub(crate) mod numbers;
pub(crate) mod stored;
pub(crate) mod write;
