//! Writing the components of a matrix from batches of rows.

use std::{borrow::Borrow, io::Write, path::Path};

use ess_core::Embeddings;

use crate::{dtype::Dtype, error::Error};

const PIECE_VALUES: usize = 1 << 18;

/// Where a matrix of `rows × dim` goes, and as which type.
pub(crate) struct MatrixWriter<'a> {
    pub(crate) path: &'a Path,
    pub(crate) rows: usize,
    pub(crate) dim: usize,
    pub(crate) dtype: Dtype,
}

impl MatrixWriter<'_> {
    /// Writes the components row by row, little-endian; all batches together must have exactly `rows` rows.
    pub(crate) fn write<B: Borrow<Embeddings>, E: Into<Error>>(
        &self,
        file: &mut dyn Write,
        batches: impl IntoIterator<Item = Result<B, E>>,
    ) -> Result<(), Error> {
        let mut written = 0;
        for batch in batches {
            let batch = batch.map_err(Into::into)?;
            let batch = batch.borrow();
            ess_core::Error::check_dim("batch of rows", self.dim, batch.dim())?;
            self.check_count(written + batch.len(), |found| found > self.rows)?;
            // In pieces, so that encoding takes little memory beside a large batch.
            for values in batch.as_slice().chunks((PIECE_VALUES / self.dim).max(1) * self.dim) {
                let bytes =
                    self.dtype.encode(values).map_err(|(at, value)| self.too_large(written, at, value))?;
                file.write_all(&bytes).map_err(Error::io(self.path))?;
                written += values.len() / self.dim;
            }
        }
        self.check_count(written, |found| found < self.rows)
    }

    fn check_count(&self, found: usize, wrong: impl Fn(usize) -> bool) -> Result<(), Error> {
        if !wrong(found) {
            return Ok(());
        }
        Err(Error::RowCount { path: self.path.to_owned(), expected: self.rows, found })
    }

    fn too_large(&self, first_row: usize, at: usize, value: f32) -> Error {
        Error::TooLarge {
            path: self.path.to_owned(),
            row: first_row + at / self.dim,
            column: at % self.dim,
            value: f64::from(value),
            dtype: "f16",
        }
    }
}
