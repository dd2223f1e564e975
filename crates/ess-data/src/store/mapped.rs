//! A store file whose header has been checked, mapped into memory.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use ess_core::{Embeddings, Ids};
use half::f16;
use ndarray::ArrayView2;

use super::layout::{BLOCK_BYTES, Layout};
use crate::{
    dtype::Dtype, error::Error, file_bytes::FileBytes, provenance::Provenance, row_range::check_rows,
};

/// A store file opened without reading its components: milliseconds, whatever its size.
///
/// [`MappedStore::open`] checks the header: format, version, types, shapes and the file's length. The checksums,
/// the ids and that all components are finite are checked by [`EmbeddingStore::open`](crate::EmbeddingStore::open),
/// which is the one to use unless reading the whole file first is too slow. What is read here is safe all the
/// same: rows that hold a NaN or an infinity and ids that are not text are errors when they are met.
///
/// The file must not be changed in place while it is mapped: the operating system ends a process that reads where a file has
/// been cut (`SIGBUS`). Replacing it whole, as this crate writes, is fine; where others may write to it, use
/// [`EmbeddingStore::open_read`](crate::EmbeddingStore::open_read).
///
/// ```
/// use ess_core::{Embeddings, Ids};
/// use ess_data::{Dtype, MappedStore, Provenance, write_store};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.safetensors");
/// let ids = Ids::new(["a", "b", "c"].map(String::from).to_vec())?;
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])?;
/// write_store(&path, &ids, &embeddings, Dtype::F16, &Provenance::default())?;
///
/// let store = MappedStore::open(&path)?;
/// assert_eq!((store.len(), store.dim(), store.id(2)?), (3, 2, "c"));
/// for batch in store.batches(2) {
///     assert!(batch?.len() <= 2);
/// }
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Debug)]
pub struct MappedStore {
    pub(super) path: PathBuf,
    pub(super) file: FileBytes,
    pub(super) layout: Layout,
}

impl MappedStore {
    /// Maps a file and checks its header.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened, [`Error::Format`] when it is no store, a store of another version,
    /// torn, or contradicts itself.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::with(path, FileBytes::map(path)?)
    }

    /// A store of a file's bytes, whose header is checked.
    pub(super) fn with(path: &Path, file: FileBytes) -> Result<Self, Error> {
        let layout = Layout::read(&file).map_err(|(expected, found)| Error::format(path, expected, found))?;
        Ok(Self { path: path.to_owned(), file, layout })
    }

    /// The number of rows, `n`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.layout.len
    }

    /// The dimension of each row, `d`.
    pub fn dim(&self) -> usize {
        self.layout.dim
    }

    /// The type of the components on disk.
    pub fn dtype(&self) -> Dtype {
        self.layout.dtype
    }

    /// How the embeddings were made.
    pub fn provenance(&self) -> &Provenance {
        &self.layout.provenance
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The id of one row, read from the file.
    ///
    /// # Errors
    /// [`ess_core::Error::RowOutOfRange`] beyond the end, [`Error::Format`] when the file has no text there.
    pub fn id(&self, row: usize) -> Result<&str, Error> {
        check_rows("ids of a store", &(row..row.saturating_add(1)), self.len())?;
        let start = if row == 0 { 0 } else { self.id_end(row - 1) };
        let bytes = self.file[self.layout.ids.clone()].get(start..self.id_end(row));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or_else(|| Error::format(&self.path, format!("the id of row {row} as UTF-8"), "other bytes"))
    }

    /// All ids, in row order. Takes memory for `n` ids and the way back from an id to its row.
    ///
    /// # Errors
    /// [`Error::Ids`] for one that stands twice, and those of [`MappedStore::id`].
    pub fn read_ids(&self) -> Result<Ids, Error> {
        let ids = (0..self.len()).map(|row| self.id(row).map(str::to_owned)).collect::<Result<_, _>>()?;
        Ids::new(ids).map_err(Error::ids(&self.path))
    }

    /// Copies some rows that follow each other, as `f32`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the row and the column; [`ess_core::Error::Empty`] and
    /// [`ess_core::Error::RowOutOfRange`] for a wrong range.
    pub fn rows(&self, rows: Range<usize>) -> Result<Embeddings, Error> {
        check_rows("rows of a store", &rows, self.len())?;
        let bytes = &self.file[self.bytes_of(&rows)];
        Embeddings::from_vec(self.dtype().decode(bytes), self.dim())
            .map_err(|error| Error::in_rows(error, &self.path, rows.start))
    }

    /// Copies the named rows, in the order given, as `f32`; a row may be named twice.
    ///
    /// # Errors
    /// As [`MappedStore::rows`].
    pub fn select(&self, rows: &[usize]) -> Result<Embeddings, Error> {
        let mut values = Vec::with_capacity(rows.len() * self.dim());
        for &row in rows {
            values.extend_from_slice(self.rows(row..row.saturating_add(1))?.as_slice());
        }
        Ok(Embeddings::from_vec(values, self.dim())?)
    }

    /// The rows in order, at most `batch` at a time (at least one), as `f32`: memory for one batch, since the pages of the file
    /// are given back after each.
    ///
    /// Each batch may fail as [`MappedStore::rows`] does.
    pub fn batches(&self, batch: usize) -> impl ExactSizeIterator<Item = Result<Embeddings, Error>> {
        let batch = batch.max(1);
        (0..self.len().div_ceil(batch)).map(move |i| {
            let rows = i * batch..(i + 1).saturating_mul(batch).min(self.len());
            let embeddings = self.rows(rows.clone());
            self.file.give_back(self.bytes_of(&rows));
            embeddings
        })
    }

    /// All rows as `f32`: memory for `4 n d` bytes, since the pages of the file are given back on the way.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the row and the column.
    pub fn to_embeddings(&self) -> Result<Embeddings, Error> {
        let mut values = Vec::with_capacity(self.len() * self.dim());
        for batch in self.batches(self.rows_of_a_block()) {
            values.extend_from_slice(batch?.as_slice());
        }
        Ok(Embeddings::from_vec(values, self.dim())?)
    }

    /// The `n × d` matrix without a copy, where the file holds `f32` at an aligned address; else `None`.
    ///
    /// Whether the components are finite is known once [`MappedStore::verify`] has passed.
    pub fn view_f32(&self) -> Option<ArrayView2<'_, f32>> {
        self.view(Dtype::F32)
    }

    /// The `n × d` matrix without a copy, where the file holds `f16` at an aligned address; else `None`.
    ///
    /// Whether the components are finite is known once [`MappedStore::verify`] has passed.
    pub fn view_f16(&self) -> Option<ArrayView2<'_, f16>> {
        self.view(Dtype::F16)
    }

    fn view<T: bytemuck::Pod>(&self, dtype: Dtype) -> Option<ArrayView2<'_, T>> {
        let values = bytemuck::try_cast_slice(self.matrix_bytes()).ok()?;
        ArrayView2::from_shape((self.len(), self.dim()), values).ok().filter(|_| self.dtype() == dtype)
    }

    fn matrix_bytes(&self) -> &[u8] {
        &self.file[self.layout.embeddings.clone()]
    }

    /// Where rows, which exist, are in the file.
    fn bytes_of(&self, rows: &Range<usize>) -> Range<usize> {
        let (first, row_bytes) = (self.layout.embeddings.start, self.dim() * self.dtype().size());
        first + rows.start * row_bytes..first + rows.end * row_bytes
    }

    /// Rows that are read together where all are read.
    pub(super) fn rows_of_a_block(&self) -> usize {
        (BLOCK_BYTES / self.dim()).max(1)
    }

    /// The end of an id among the bytes of the ids; beyond them when the file is damaged.
    fn id_end(&self, row: usize) -> usize {
        self.number(&self.layout.id_ends, row)
    }

    /// One of the 8-byte integers in a range of the file.
    pub(super) fn number(&self, range: &Range<usize>, at: usize) -> usize {
        let numbers = &self.file[range.clone()];
        let number: u64 = bytemuck::pod_read_unaligned(&numbers[at * 8..at * 8 + 8]);
        usize::try_from(number).unwrap_or(usize::MAX)
    }
}
