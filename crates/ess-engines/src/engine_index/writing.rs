//! Adding, storing and removing items.

use std::ops::Range;

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex};

use super::index::{EngineIndex, Shared};
use crate::{append_id::AppendId, engine::Engine, error::Error, retry::retried};

impl<E: Engine> EngineIndex<E> {
    /// Stores items (`n × d_item`) in the rows from `first_row`, replacing what was there, batch by batch.
    ///
    /// Storing the same again changes nothing, so that work that was interrupted can be taken up where it stopped, or
    /// from its beginning. Who stores by row takes care that no other does in the same rows; [`MutableIndex::add`] does so
    /// by itself.
    ///
    /// # Errors
    /// [`Error::Core`] for items of another dimension; [`Error::Interrupted`] with what is stored, when the engine
    /// fails and trying again did not help.
    pub fn store(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        CoreError::check_dim("items given to an engine", self.dim(), items.dim())?;
        let end = first_row.checked_add(items.len());
        if end.is_none_or(|end| i64::try_from(end).is_err()) {
            return Err(Error::Config {
                name: "first_row",
                expected: "rows below 2^63",
                found: first_row.to_string(),
            });
        }
        let _writing = self.writing();
        self.store_batches(first_row, items)
    }

    /// To be called by who holds the writer's lock.
    fn store_batches(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let end = first_row + items.len();
        for start in (0..items.len()).step_by(self.shared.settings.batch) {
            let rows: Vec<usize> = (start..items.len().min(start + self.shared.settings.batch)).collect();
            self.store_batch(first_row + start, &items.select(&rows)?).map_err(|source| {
                Error::Interrupted {
                    first_row,
                    stored_until: first_row + start,
                    end,
                    source: Box::new(source),
                }
            })?;
        }
        Ok(())
    }

    fn store_batch(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let free = first_row >= self.extent().next_row;
        retried(settings, || engine.upsert(first_row, items))?;
        tracing::debug!(first_row, rows = items.len(), "stored");
        match free {
            true => self.counted(first_row, items.len()),
            // Rows that were replaced do not count twice, and only the engine knows which were.
            false => self.count_again()?,
        }
        Ok(())
    }

    /// Counts items that came into rows which were free.
    fn counted(&self, first_row: usize, items: usize) {
        let mut extent = self.extent();
        extent.items += items;
        extent.next_row = extent.next_row.max(first_row + items);
    }

    /// Adds items in rows that the engine chooses.
    fn append(&self, items: &Embeddings) -> Result<usize, Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let _writing = self.writing();
        let id = AppendId::new();
        let first_row = retried(settings, || engine.append(id, self.rows(), items))?;
        self.counted(first_row, items.len());
        Ok(first_row)
    }

    /// Adds items in rows that the engine set aside or that are chosen here, and takes out what was stored when that cannot be
    /// finished.
    fn add_numbered(&self, items: &Embeddings) -> Result<usize, Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let _writing = self.writing();
        let reserved = retried(settings, || engine.reserve(self.rows(), items.len()))?;
        let first_row = reserved.map_or_else(|| self.first_free(), Ok)?;
        let Err(error) = self.store_batches(first_row, items) else { return Ok(first_row) };
        let Error::Interrupted { stored_until, end, source, .. } = error else { return Err(error) };
        // A batch whose answer was lost may be there as well.
        let rows: Vec<usize> = (first_row..end.min(stored_until + settings.batch)).collect();
        match self.delete_batches(&rows) {
            Ok(()) => {
                // Behind rows that were set aside others may have added since.
                if reserved.is_none() {
                    self.extent().next_row = first_row;
                }
                Err(*source)
            }
            Err(_) => Err(Error::Interrupted { first_row, stored_until, end, source }),
        }
    }

    /// The row behind all others, as far as nobody else adds.
    fn first_free(&self) -> Result<usize, Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        if retried(settings, || engine.any_from(self.rows()))? {
            self.count_again()?;
        }
        Ok(self.rows())
    }

    fn delete(&self, rows: &[usize]) -> Result<(), Error> {
        let _writing = self.writing();
        self.delete_batches(rows)
    }

    /// To be called by who holds the writer's lock.
    fn delete_batches(&self, rows: &[usize]) -> Result<(), Error> {
        let Shared { engine, settings, .. } = &*self.shared;
        let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
        for batch in rows.chunks(settings.batch) {
            retried(settings, || engine.delete(batch))?;
        }
        self.count_again()
    }
}

impl<E: Engine> MutableIndex for EngineIndex<E> {
    /// As [`MutableIndex::add`], by any number of clones at once.
    ///
    /// Where the engine numbers rows ([`Engine::append`]) all items are stored or none, also if this process dies; if it
    /// cannot be asked any more whether they are, the error is [`Error::Uncertain`]. With other engines what was stored is
    /// taken out again when the engine fails part of the way; if it cannot be reached for that either, the error is
    /// [`Error::Interrupted`] and says which rows are there.
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, CoreError> {
        CoreError::check_dim("items given to an engine", self.dim(), items.dim())?;
        let first_row = match self.shared.engine.numbers_rows() {
            true => self.append(items)?,
            false => self.add_numbered(items)?,
        };
        Ok(first_row..first_row + items.len())
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), CoreError> {
        self.check_remove(rows)?;
        Ok(self.delete(rows)?)
    }
}
