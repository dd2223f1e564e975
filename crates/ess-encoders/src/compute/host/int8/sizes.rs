//! Sizes of the tiles that int8 kernels take.

use crate::compute::host::tile::GROUP;

/// Columns of a strip: a vector of 512 bits has four codes of each.
pub(super) const COLUMNS: usize = GROUP;

/// Inputs whose products with a row one instruction adds up in 32 bits.
pub(super) const QUAD: usize = 4;

/// Bytes of a line of the cache.
pub(super) const LINE: usize = 64;

/// Inputs that a vector kernel takes in one step; rows and columns are filled up with zeros to a multiple of it.
pub(super) const STEP: usize = 2 * QUAD;
