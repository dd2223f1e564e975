//! Adding, replacing and removing items by their ids.

use std::{collections::HashMap, ops::Range};

use ess_core::{Embeddings, Error, MutableIndex};

use super::{index::IdentifiedIndex, row_id::RowId};

impl<I: MutableIndex, Id: RowId> IdentifiedIndex<I, Id> {
    /// Adds items with their ids.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is an id for each item, [`Error::DuplicateId`] for an id that is in
    /// the index or given twice, and those of [`MutableIndex::add`]. Nothing has changed then.
    pub fn add(&mut self, ids: &[Id], items: &Embeddings) -> Result<Range<usize>, Error> {
        self.check_new(ids, items.len(), Some)?;
        let rows = self.index.add(items)?;
        self.ids.extend_from_slice(ids);
        self.rows.extend(ids.iter().cloned().zip(rows.clone()));
        Ok(rows)
    }

    /// Adds items, which replace the items that have the same ids.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is an id for each item, [`Error::DuplicateId`] for an id given twice, and
    /// those of [`MutableIndex::add`]. Nothing has changed then.
    pub fn upsert(&mut self, ids: &[Id], items: &Embeddings) -> Result<Range<usize>, Error> {
        self.check_new(ids, items.len(), |_| None)?;
        let replaced: Vec<usize> = ids.iter().filter_map(|id| self.rows.get(id).copied()).collect();
        let rows = self.index.add(items)?;
        self.ids.extend_from_slice(ids);
        self.rows.extend(ids.iter().cloned().zip(rows.clone()));
        self.index.remove(&replaced)?;
        Ok(rows)
    }

    /// Removes items by id.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for an id that is not in the index, and those of [`MutableIndex::remove`]. Nothing has changed then.
    pub fn remove(&mut self, ids: &[Id]) -> Result<(), Error> {
        let rows: Vec<usize> = ids.iter().map(|id| self.row(id)).collect::<Result<_, _>>()?;
        self.index.remove(&rows)?;
        for id in ids {
            self.rows.remove(id);
        }
        Ok(())
    }

    /// As [`MutableIndex::compact`]; ids stay with their items.
    ///
    /// # Errors
    /// Those of [`MutableIndex::compact`]. Nothing has changed then.
    pub fn compact(&mut self) -> Result<Vec<Option<usize>>, Error> {
        let compacted = self.index.compact()?;
        let ids = std::mem::take(&mut self.ids).into_iter().zip(&compacted);
        self.ids = ids.filter(|(_, row)| row.is_some()).map(|(id, _)| id).collect();
        for row in self.rows.values_mut() {
            *row = compacted[*row].unwrap_or(*row);
        }
        Ok(compacted)
    }

    /// Refuses ids that new items cannot have; `taken` gives the row of an id that the index already has, where that matters.
    fn check_new(
        &self,
        ids: &[Id],
        items: usize,
        taken: impl Fn(usize) -> Option<usize>,
    ) -> Result<(), Error> {
        if ids.len() != items {
            return Err(Error::LengthMismatch {
                what: "ids of new items",
                expected: items,
                found: ids.len(),
            });
        }
        let mut seen = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().enumerate() {
            let first = self.rows.get(id).and_then(|&row| taken(row)).or(seen.insert(id, second));
            if let Some(first) = first {
                return Err(Error::DuplicateId { id: id.to_string(), first, second });
            }
        }
        Ok(())
    }
}
