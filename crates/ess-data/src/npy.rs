//! NumPy's `.npy` files: one matrix with a small header.
//!
//! The format is described in NumPy's `numpy.lib.format`.

mod header;
mod matrix;
mod write;

pub use matrix::NpyMatrix;
pub use write::{write_npy, write_npy_in_batches};
