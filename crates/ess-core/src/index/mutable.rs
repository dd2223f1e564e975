//! An index whose items change.

use std::ops::Range;

use super::definition::Index;
use crate::{embeddings::Embeddings, error::Error};

/// An index that takes items in and out.
///
/// An item keeps its row, and a row is not given again while the index is open, so hits, filters and tables kept elsewhere
/// stay true through changes. Only [`MutableIndex::compact`] gives rows anew, and says which. An engine that numbers rows behind
/// the last one that it stores may give those of removed last items again once it is opened anew. Changes are whole: on an error
/// nothing has changed.
///
/// An index that other threads search during a change is either a handle to something shared (`Clone` gives another
/// handle to the same items), as `ess_index::SharedIndex` makes of any index, or the client of an engine.
pub trait MutableIndex: Index {
    /// Adds `n × d_item` items and returns their rows, which follow all earlier ones.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for items of another dimension, [`Error::External`] for the index's own reasons.
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error>;

    /// Removes items, so that no search finds them any more; one that is removed already is no error.
    ///
    /// # Errors
    /// [`Error::RowOutOfRange`] for a row that no item ever had.
    fn remove(&mut self, rows: &[usize]) -> Result<(), Error>;

    /// Gives back the space of removed items: the items that are left get the rows `0..len` in their order.
    ///
    /// Returns the new row of each old one, `None` for those removed. Hits stay the same but for their rows in an exact
    /// index; an approximate one may be built anew. Where no item is left nothing changes, and every row keeps its number.
    ///
    /// # Errors
    /// [`Error::Unsupported`] unless an index says otherwise; [`Error::External`] for its own reasons.
    fn compact(&mut self) -> Result<Vec<Option<usize>>, Error> {
        Err(Error::Unsupported { what: "compacting" })
    }

    /// The check that [`MutableIndex::remove`] owes its callers, for implementers to call first.
    ///
    /// # Errors
    /// As [`MutableIndex::remove`].
    fn check_remove(&self, rows: &[usize]) -> Result<(), Error> {
        match rows.iter().find(|&&row| row >= self.rows()) {
            Some(&row) => Err(Error::RowOutOfRange { what: "items to remove", row, len: self.rows() }),
            None => Ok(()),
        }
    }
}

macro_rules! forward_mutable_index {
    ($($pointer:ty),*) => {$(
        impl<I: MutableIndex + ?Sized> MutableIndex for $pointer {
            fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
                (**self).add(items)
            }

            fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
                (**self).remove(rows)
            }

            fn compact(&mut self) -> Result<Vec<Option<usize>>, Error> {
                (**self).compact()
            }
        }
    )*};
}

forward_mutable_index!(Box<I>);
