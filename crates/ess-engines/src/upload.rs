//! Items stored by row, from a file of them, by a process that may be stopped at any moment.

use std::ops::Range;

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex};

use crate::{
    engine::Engine, engine_index::EngineIndex, error::Error, extent::Extent, upload_record::UploadRecord,
};

/// Rows that are deleted at once.
const DELETED_AT_ONCE: usize = 1 << 16;

/// Brings a collection to hold exactly the items of a file, each in its row, block by block.
///
/// An upload is alone with its collection. It is told what it did before ([`UploadRecord`]), and calls `keep` with what it did
/// so far before and after each block. Where `keep` writes that down, an upload that was stopped at any moment goes on where it
/// was. What is known to be stored is not sent again, what may have been half stored is stored again in the same rows, and
/// vectors that changed replace those that were there. Items of others are refused as far as their number and their rows tell
/// them. A collection that was dropped and filled by others with as many items in the same rows is not told from this upload's,
/// nor are two uploads that begin at once in one empty collection. Runnable at [`NamedEngine`](crate::NamedEngine).
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ess_core::Embeddings;
/// use ess_engines::{Upload, UploadRecord, open_engine};
///
/// let settings = r#"{"connection": {"env": "PAPERS"}, "table": "papers", "dim": 2}"#;
/// let opened = open_engine("pgvector", serde_json::from_str(settings)?)?;
/// let mut written = UploadRecord::default();
/// let keep = |record: &UploadRecord| {
///     written = record.clone(); // in a file
///     Ok(())
/// };
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?;
/// let mut upload = Upload::begin(opened.index, UploadRecord::default(), items.len(), keep)?;
/// upload.store(0, &items, "a checksum of the vectors")?;
/// upload.finish()?;
/// # Ok(())
/// # }
/// ```
pub struct Upload<E, K> {
    index: EngineIndex<E>,
    rows: usize,
    record: UploadRecord,
    keep: K,
}

impl<E: Engine, K: FnMut(&UploadRecord) -> Result<(), CoreError>> Upload<E, K> {
    /// Begins, or goes on with, the upload of a file of so many rows. `record` is what the last call of `keep` was given for
    /// this collection, and the default where there was none.
    ///
    /// # Errors
    /// [`Error::NotAlone`] where the collection has items that are not of this upload; [`Error::Config`] for a record that
    /// contradicts itself and for rows from 2^63 on; those of `keep`, as [`Error::Core`], and of the engine.
    pub fn begin(
        index: EngineIndex<E>,
        mut record: UploadRecord,
        rows: usize,
        keep: K,
    ) -> Result<Self, Error> {
        record.check()?;
        let held = index.found_now()?;
        if held.next_row > record.reaches() {
            let expected = match record.reaches() {
                0 => "a collection without items, since nothing is known to have been uploaded".to_owned(),
                end => format!("items of this upload alone, in rows below {end}"),
            };
            return Err(Error::NotAlone { expected, found: described(held) });
        }
        if held.items < record.rows() {
            // What is left may be somebody else's: another table of the same name, say.
            if held.items > 0 {
                let expected = format!("the {} items that were uploaded, or none", record.rows());
                return Err(Error::NotAlone { expected, found: described(held) });
            }
            tracing::warn!(stored = record.rows(), "all items are gone: they are stored again");
            let everything = 0..record.reaches();
            record.forget(&everything);
        }
        // Written down before an item is there.
        record.reach(record.reaches().max(rows));
        record.check()?;
        let mut upload = Self { index, rows, record, keep };
        upload.keep()?;
        Ok(upload)
    }

    /// Stores items (`n × d_item`) in the rows from `first_row`, unless these rows are known to hold vectors of this checksum;
    /// whether they were sent.
    ///
    /// # Errors
    /// [`Error::Config`] for rows behind those of the file; those of [`EngineIndex::store`], and those of `keep`, as
    /// [`Error::Core`].
    pub fn store(&mut self, first_row: usize, items: &Embeddings, checksum: &str) -> Result<bool, Error> {
        let rows = self.checked(first_row, items.len())?;
        if self.record.has(&rows, checksum) {
            return Ok(false);
        }
        // While they are replaced, some of the rows hold what they did and some do not.
        if self.record.forget(&rows) {
            self.keep()?;
        }
        self.index.store(first_row, items)?;
        self.record.note(rows, checksum);
        self.keep()?;
        Ok(true)
    }

    /// Removes what an earlier and longer file left behind the last row, and makes sure that the collection holds as many
    /// items as the file has rows; the record.
    ///
    /// # Errors
    /// [`Error::Config`] where not all rows were stored, [`Error::NotAlone`] where others changed the collection; those of
    /// `keep`, as [`Error::Core`], and of the engine.
    pub fn finish(mut self) -> Result<UploadRecord, Error> {
        let behind = self.rows..self.record.reaches();
        if self.record.forget(&behind) {
            self.keep()?;
        }
        if self.record.rows() != self.rows {
            let found = format!("{} of {}", self.record.rows(), self.rows);
            return Err(Error::Config { name: "rows of an upload", expected: "all of them", found });
        }
        if !behind.is_empty() {
            self.remove(&behind)?;
            self.record.reach(self.rows);
            self.keep()?;
        }
        let held = self.index.found_now()?;
        if held != (Extent { items: self.rows, next_row: self.rows }) {
            let expected = format!("the {} items that were uploaded and no others", self.rows);
            return Err(Error::NotAlone { expected, found: described(held) });
        }
        Ok(self.record)
    }

    fn remove(&mut self, rows: &Range<usize>) -> Result<(), Error> {
        let end = rows.end.min(self.index.rows());
        for first in (rows.start..end).step_by(DELETED_AT_ONCE) {
            let rows: Vec<usize> = (first..end.min(first + DELETED_AT_ONCE)).collect();
            self.index.remove(&rows)?;
        }
        Ok(())
    }

    fn keep(&mut self) -> Result<(), Error> {
        Ok((self.keep)(&self.record)?)
    }

    fn checked(&self, first_row: usize, rows: usize) -> Result<Range<usize>, Error> {
        match first_row.checked_add(rows).filter(|&end| end <= self.rows) {
            Some(end) => Ok(first_row..end),
            None => Err(Error::Config {
                name: "first_row",
                expected: "rows of the file that is uploaded",
                found: format!("{rows} rows from {first_row} on, of {}", self.rows),
            }),
        }
    }
}

fn described(held: Extent) -> String {
    format!("{} items in rows below {}", held.items, held.next_row)
}
