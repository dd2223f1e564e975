//! A matrix in an `.npy` file, mapped into memory.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use ess_core::Embeddings;

use super::header::Header;
use crate::{dtype::Dtype, error::Error, file_bytes::FileBytes, row_range::check_rows};

/// Values that are read together where all are read.
const VALUES_OF_A_BATCH: usize = 1 << 18;

/// An `.npy` file with an `n × d` matrix of floating-point values, memory-mapped.
///
/// Takes `float16`, `float32` and `float64`, of either byte order, in C or Fortran order, in format versions 1 to 3.
/// The file must not be changed in place while it is mapped: the operating system ends a process that reads where a file has
/// been cut (`SIGBUS`). [`NpyMatrix::open_read`] does not mind.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_data::{Dtype, NpyMatrix, write_npy};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("matrix.npy");
/// let embeddings = Embeddings::from_rows(&[[1.0, 2.0], [3.0, 4.0]])?;
/// write_npy(&path, &embeddings, Dtype::F32)?;
/// let matrix = NpyMatrix::open(&path)?;
/// assert_eq!((matrix.len(), matrix.dim()), (2, 2));
/// assert_eq!(matrix.to_embeddings()?, embeddings);
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyMatrix {
    path: PathBuf,
    file: FileBytes,
    header: Header,
}

impl NpyMatrix {
    /// Maps a file and checks its header against its length.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] when it is no `.npy` file, torn, too long, or holds anything but a matrix of
    /// at least one floating-point number.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::with(path, FileBytes::map(path)?)
    }

    /// Reads a file into memory, and checks its header. What becomes of the file afterwards changes nothing.
    ///
    /// # Errors
    /// As [`NpyMatrix::open`].
    pub fn open_read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::with(path, FileBytes::read(path)?)
    }

    fn with(path: &Path, file: FileBytes) -> Result<Self, Error> {
        let header = Header::read(&file).map_err(|(expected, found)| Error::format(path, expected, found))?;
        let (rows, columns) = (header.rows, header.columns);
        if rows == 0 || columns == 0 {
            return Err(Error::format(
                path,
                "at least one row and one column",
                format!("{rows} × {columns}"),
            ));
        }
        let announced = rows.checked_mul(columns).and_then(|values| values.checked_mul(header.value_bytes));
        let found = file.len() - header.data_start;
        if announced != Some(found) {
            let expected =
                format!("{rows} × {columns} numbers of {} bytes, as the header says", header.value_bytes);
            return Err(Error::format(path, expected, format!("{found} bytes")));
        }
        Ok(Self { path: path.to_owned(), file, header })
    }

    /// The number of rows, `n`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.header.rows
    }

    /// The number of columns, `d`.
    pub fn dim(&self) -> usize {
        self.header.columns
    }

    /// Copies some rows that follow each other, as `f32`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] and, for a `float64` beyond the range of `f32`, [`Error::TooLarge`], with the row and
    /// the column; [`ess_core::Error::Empty`] and [`ess_core::Error::RowOutOfRange`] for a wrong range.
    pub fn rows(&self, rows: Range<usize>) -> Result<Embeddings, Error> {
        check_rows("rows of an .npy file", &rows, self.len())?;
        let values =
            if self.header.fortran_order { self.decode_columns(&rows) } else { self.decode_rows(&rows) };
        Embeddings::from_vec(values, self.dim()).map_err(|error| self.located(error, rows.start))
    }

    /// The rows in order, at most `batch` at a time (at least one), as `f32`: memory for one batch, since the pages of the file
    /// are given back after each, unless it is in Fortran order.
    ///
    /// Each batch may fail as [`NpyMatrix::rows`] does.
    pub fn batches(&self, batch: usize) -> impl ExactSizeIterator<Item = Result<Embeddings, Error>> {
        let batch = batch.max(1);
        (0..self.len().div_ceil(batch)).map(move |i| {
            let rows = i * batch..(i + 1).saturating_mul(batch).min(self.len());
            let embeddings = self.rows(rows.clone());
            if !self.header.fortran_order {
                let (first, row_bytes) = (self.header.data_start, self.dim() * self.header.value_bytes);
                self.file.give_back(first + rows.start * row_bytes..first + rows.end * row_bytes);
            }
            embeddings
        })
    }

    /// All rows as `f32`.
    ///
    /// # Errors
    /// As [`NpyMatrix::rows`].
    pub fn to_embeddings(&self) -> Result<Embeddings, Error> {
        if self.header.fortran_order {
            return self.rows(0..self.len());
        }
        let mut values = Vec::with_capacity(self.len() * self.dim());
        for batch in self.batches((VALUES_OF_A_BATCH / self.dim()).max(1)) {
            values.extend_from_slice(batch?.as_slice());
        }
        Ok(Embeddings::from_vec(values, self.dim())?)
    }

    fn decode_rows(&self, rows: &Range<usize>) -> Vec<f32> {
        self.decode(rows.start * self.dim()..rows.end * self.dim())
    }

    fn decode_columns(&self, rows: &Range<usize>) -> Vec<f32> {
        let mut values = vec![0.0; rows.len() * self.dim()];
        for column in 0..self.dim() {
            let start = column * self.len();
            let column_values = self.decode(start + rows.start..start + rows.end);
            for (row, value) in column_values.into_iter().enumerate() {
                values[row * self.dim() + column] = value;
            }
        }
        values
    }

    /// The values at some positions in the order of the file.
    fn decode(&self, positions: Range<usize>) -> Vec<f32> {
        let size = self.header.value_bytes;
        let data = &self.file[self.header.data_start..];
        let mut bytes = std::borrow::Cow::Borrowed(&data[positions.start * size..positions.end * size]);
        if self.header.big_endian {
            bytes.to_mut().chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        match size {
            2 => Dtype::F16.decode(&bytes),
            4 => Dtype::F32.decode(&bytes),
            _ => bytemuck::pod_collect_to_vec::<u8, f64>(&bytes).into_iter().map(|x| x as f32).collect(),
        }
    }

    fn located(&self, error: ess_core::Error, first_row: usize) -> Error {
        match Error::in_rows(error, &self.path, first_row) {
            Error::NonFinite { path, row, column, .. } if self.value_f64(row, column).is_finite() => {
                Error::TooLarge { path, row, column, value: self.value_f64(row, column), dtype: "f32" }
            }
            other => other,
        }
    }

    fn value_f64(&self, row: usize, column: usize) -> f64 {
        let position =
            if self.header.fortran_order { column * self.len() + row } else { row * self.dim() + column };
        if self.header.value_bytes < 8 {
            return f64::from(self.decode(position..position + 1)[0]);
        }
        let start = self.header.data_start + position * 8;
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.file[start..start + 8]);
        if self.header.big_endian { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::{file_bytes::resident_bytes, npy::write::write_npy};

    #[test]
    fn reading_all_of_a_matrix_leaves_little_of_it_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("matrix.npy");
        let values = (0..40_000 * 64).map(|i| i as f32).collect();
        let embeddings = Embeddings::from_vec(values, 64).unwrap();
        write_npy(&path, &embeddings, Dtype::F32).unwrap();
        let matrix = NpyMatrix::open(&path).unwrap();
        assert_eq!(matrix.to_embeddings().unwrap(), embeddings);
        let found = resident_bytes(&path);
        assert!(found < 1 << 20, "{found} of {} bytes", matrix.file.len());
    }
}
