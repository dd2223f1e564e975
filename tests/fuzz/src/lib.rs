//! What the fuzz targets share: readers take paths, fuzzers give bytes; checksums are made right; good files to begin with.

mod folder;
mod golden;
mod repair;
mod seeds;
mod uncaught;

pub use folder::Folder;
pub use golden::{copy_golden, golden};
pub use repair::{repaired_end, repaired_index, sealed, with_checksum};
pub use seeds::{file_of, keep_seeds, parts, with_text};
pub use uncaught::{let_panics_be_caught, uncaught};
