//! Writing an `.npy` file.

use std::{borrow::Borrow, path::Path};

use ess_core::Embeddings;

use super::header::MAGIC;
use crate::{atomic::write_atomically, dtype::Dtype, error::Error, matrix_writer::MatrixWriter};

const ALIGNMENT: usize = 64;

/// Writes an `n × d` matrix for NumPy: format version 1, C order, little-endian.
///
/// # Errors
/// [`Error::TooLarge`] when a component does not fit `dtype`, [`Error::Io`]. After an error the file is as it was before.
pub fn write_npy(path: impl AsRef<Path>, embeddings: &Embeddings, dtype: Dtype) -> Result<(), Error> {
    write_npy_in_batches(path, embeddings.len(), embeddings.dim(), dtype, [Ok::<_, Error>(embeddings)])
}

/// Writes a `len × dim` matrix for NumPy from batches of rows that come one by one: memory for one batch.
///
/// # Errors
/// Those of the batches, [`Error::RowCount`] when they do not have `len` rows together,
/// [`ess_core::Error::DimensionMismatch`] when one has not `dim` columns, [`ess_core::Error::Empty`] for a matrix without rows
/// or columns, and those of [`write_npy`].
pub fn write_npy_in_batches<B: Borrow<Embeddings>, E: Into<Error>>(
    path: impl AsRef<Path>,
    len: usize,
    dim: usize,
    dtype: Dtype,
    batches: impl IntoIterator<Item = Result<B, E>>,
) -> Result<(), Error> {
    let path = path.as_ref();
    if len == 0 || dim == 0 {
        return Err(ess_core::Error::Empty { what: "rows or columns of a matrix" }.into());
    }
    write_atomically(path, |file| {
        file.write_all(&header(len, dim, dtype)).map_err(Error::io(path))?;
        MatrixWriter { path, rows: len, dim, dtype }.write(file, batches)
    })
}

fn header(len: usize, dim: usize, dtype: Dtype) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '<f{}', 'fortran_order': False, 'shape': ({len}, {dim}), }}", dtype.size());
    let before = MAGIC.len() + 4;
    let padded = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before - 1;
    text.push_str(&" ".repeat(padded - text.len()));
    text.push('\n');
    // Two numbers and the words around them: far below what two bytes can count.
    let length = text.len() as u16;
    [MAGIC, &[1, 0], &length.to_le_bytes(), text.as_bytes()].concat()
}
