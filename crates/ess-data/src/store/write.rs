//! Writing a store file, whole or not at all.

use std::{
    borrow::Borrow,
    io::{self, Write},
    path::Path,
};

use ess_core::{Embeddings, Ids};
use ess_files::Checksum;

use super::{
    layout::{BLOCK_BYTES, LENGTH_BYTES, MAX_HEADER_BYTES},
    shape::Shape,
};
use crate::{
    atomic::write_atomically, dtype::Dtype, error::Error, matrix_writer::MatrixWriter, provenance::Provenance,
};

/// Writes ids and their embeddings (`n × d`) as one store file.
///
/// # Errors
/// [`Error::RowCount`] when there are not as many rows as ids, [`Error::TooLarge`] when a component does not fit
/// `dtype`, [`Error::Io`] when the file cannot be written. After an error the file is as it was before.
pub fn write_store(
    path: impl AsRef<Path>,
    ids: &Ids,
    embeddings: &Embeddings,
    dtype: Dtype,
    provenance: &Provenance,
) -> Result<(), Error> {
    let batches = [Ok::<_, Error>(embeddings)];
    write_store_in_batches(path, ids, embeddings.dim(), dtype, provenance, batches)
}

/// Writes a store file from batches of rows that come one by one: memory for the ids and one batch.
///
/// The rows of all batches together go with `ids`, in order. A batch may be an error, such as an encoder's; it
/// ends the writing and is returned.
///
/// ```
/// use ess_core::{EncoderFn, Ids, ItemEncoder};
/// use ess_data::{Dtype, EmbeddingStore, Provenance, write_store_in_batches};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("items.safetensors");
/// let encoder = EncoderFn::new(1, |text: &str| vec![text.len() as f32]);
/// let texts = ["one", "three", "fifteen"];
/// let ids = Ids::new(["a", "b", "c"].map(String::from).to_vec())?;
/// let batches = texts.chunks(2).map(|batch| encoder.encode_items(batch));
/// write_store_in_batches(&path, &ids, 1, Dtype::F16, &Provenance::default(), batches)?;
/// assert_eq!(EmbeddingStore::open(&path)?.to_embeddings()?.as_slice(), &[3.0, 5.0, 7.0]);
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// Those of the batches, [`ess_core::Error::DimensionMismatch`] when one has not `dim` columns,
/// [`ess_core::Error::Empty`] for no id or `dim` 0, and those of [`write_store`].
pub fn write_store_in_batches<B: Borrow<Embeddings>, E: Into<Error>>(
    path: impl AsRef<Path>,
    ids: &Ids,
    dim: usize,
    dtype: Dtype,
    provenance: &Provenance,
    batches: impl IntoIterator<Item = Result<B, E>>,
) -> Result<(), Error> {
    let path = path.as_ref();
    if ids.is_empty() || dim == 0 {
        let what = if dim == 0 { "dimensions of a store" } else { "rows of a store" };
        return Err(ess_core::Error::Empty { what }.into());
    }
    let shape = Shape { len: ids.len(), dim, dtype, id_bytes: id_bytes(ids), tokens: None };
    write_checksummed(path, ids, &shape, provenance, |file| {
        MatrixWriter { path, rows: ids.len(), dim, dtype }.write(file, batches)
    })
}

/// The bytes of the file that [`write_store`] makes of ids and embeddings of this dimension; `None` for one that does not
/// fit the address space.
///
/// ```
/// use ess_core::{Embeddings, Ids};
/// use ess_data::{Dtype, Provenance, store_bytes, write_store};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("queries.safetensors");
/// let (ids, provenance) = (Ids::new(vec!["q1".into()])?, Provenance::default());
/// write_store(&path, &ids, &Embeddings::from_rows(&[[1.0, 0.0]])?, Dtype::F16, &provenance)?;
/// assert_eq!(store_bytes(&ids, 2, Dtype::F16, &provenance), Some(std::fs::metadata(&path).unwrap().len()));
/// # Ok::<(), ess_data::Error>(())
/// ```
pub fn store_bytes(ids: &Ids, dim: usize, dtype: Dtype, provenance: &Provenance) -> Option<u64> {
    let shape = Shape { len: ids.len(), dim, dtype, id_bytes: id_bytes(ids), tokens: None };
    shape.file_bytes(provenance).map(|bytes| bytes as u64)
}

fn id_bytes(ids: &Ids) -> usize {
    ids.iter().map(str::len).sum()
}

/// Writes a store file whose components come from `write_numbers`.
pub(super) fn write_checksummed(
    path: &Path,
    ids: &Ids,
    shape: &Shape,
    provenance: &Provenance,
    write_numbers: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let header = shape.header(provenance).ok_or_else(|| {
        let found = format!("{} × {}", shape.len, shape.dim);
        Error::format(path, "a store that fits the address space", found)
    })?;
    if header.len() - LENGTH_BYTES > MAX_HEADER_BYTES {
        let expected = format!("a header of at most {MAX_HEADER_BYTES} bytes, provenance included");
        return Err(Error::format(path, expected, header.len().to_string()));
    }
    write_atomically(path, |file| {
        let mut file = ChecksummedWriter::new(file);
        file.write_all(&header).and_then(|()| write_id_ends(&mut file, ids)).map_err(Error::io(path))?;
        write_numbers(&mut file)?;
        let end = ids.iter().try_for_each(|id| file.write_all(id.as_bytes())).and_then(|()| file.finish());
        end.map_err(Error::io(path))
    })
}

fn write_id_ends(file: &mut impl Write, ids: &Ids) -> io::Result<()> {
    let mut end = 0_u64;
    for id in ids.iter() {
        end += id.len() as u64;
        file.write_all(&end.to_le_bytes())?;
    }
    Ok(())
}

/// Passes bytes on, block by block, and appends the checksum of each block at the end.
struct ChecksummedWriter<'a> {
    inner: &'a mut dyn Write,
    block: Vec<u8>,
    checksums: Vec<u8>,
}

impl<'a> ChecksummedWriter<'a> {
    fn new(inner: &'a mut dyn Write) -> Self {
        Self { inner, block: Vec::with_capacity(BLOCK_BYTES), checksums: Vec::new() }
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.checksums.extend(Checksum::of(&self.block).to_string().into_bytes());
        self.inner.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.inner.write_all(&self.checksums)
    }
}

impl Write for ChecksummedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK_BYTES - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK_BYTES {
            self.end_block()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
