//! What a search engine must be able to do.

use ess_core::{Effort, Embeddings, Error as CoreError, Hit, RowSet};

use crate::{append_id::AppendId, error::Error, extent::Extent};

/// The rows that a filtered search may find, in the shortest form that an engine can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// These rows.
    Only(Vec<i64>),
    /// All rows but these.
    AllBut(Vec<i64>),
}

impl Admitted {
    /// Names whichever is shorter, the rows in the set or those of `0..rows` that are not.
    pub fn new(set: &RowSet, rows: usize) -> Self {
        let within = |row: &usize| *row < rows;
        let inside = set.iter().filter(within).count();
        if inside * 2 <= rows {
            return Self::Only(set.iter().filter(within).map(|row| row as i64).collect());
        }
        Self::AllBut((0..rows).filter(|&row| !set.contains(row)).map(|row| row as i64).collect())
    }
}

/// One attempt at each request to a search engine that keeps item embeddings by row.
///
/// [`EngineIndex`](crate::EngineIndex) makes an index of one: it checks what is asked, cuts it into batches, and tries
/// again what failed in passing ([`Error::is_transient`]). What it builds on:
///
/// - [`Engine::upsert`] and [`Engine::delete`] are *idempotent*: an attempt whose answer was lost may have been carried
///   out, and is made again. [`Engine::append`] is so by its id.
/// - What was answered with `Ok` is there: [`Engine::extent`], [`Engine::any_from`] and [`Engine::search`] of any client
///   see it from then on, and it outlives the engine if the engine promises to outlive a crash.
/// - One call of `upsert` may be seen half done by a search; rows are never seen with half an item.
/// - Requests come from several threads at once.
///
/// Who may add, and from where, depends on how rows are numbered:
///
/// | the engine has | may add at once | otherwise |
/// |---|---|---|
/// | [`Engine::append`] | any number of indexes, in any number of processes | |
/// | [`Engine::reserve`] | any number of indexes, in any number of processes | |
/// | [`Engine::place`] alone | clones of an index, and indexes of one process over the same place | a second process may overwrite |
/// | none of them | clones of one index | a second index may overwrite |
///
/// Without `append` and `reserve`, rows are numbered under a lock, and the engine is asked before each `add` whether there is
/// an item where the new ones would go. That finds what others added before, and not what they add at the same moment.
pub trait Engine: Send + Sync {
    /// The dimension of the items, `d_item`.
    fn dim(&self) -> usize;

    /// Whether every answer is the true one.
    fn exact(&self) -> bool;

    /// Whether [`Effort::ef_search`] matters.
    fn takes_candidates(&self) -> bool {
        false
    }

    /// How much there is, all finished requests included.
    ///
    /// # Errors
    /// Those of the engine.
    fn extent(&self) -> Result<Extent, Error>;

    /// Stores items (`n × dim`) in the rows from `first_row`, replacing what was there.
    ///
    /// # Errors
    /// Those of the engine.
    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error>;

    /// Whether the engine numbers rows, by [`Engine::append`]. Default: no.
    fn numbers_rows(&self) -> bool {
        false
    }

    /// Stores items (`n × dim`) in `n` rows that follow each other, of which none is below `first_free` or has ever been
    /// seen taken, and answers the first of them.
    ///
    /// All are stored, or none: also when the client dies in the middle. Two appends, whoever makes them, never get the
    /// same row. An attempt with an id whose earlier attempt was carried out changes nothing and answers as that should
    /// have. By default there is no such request.
    ///
    /// # Errors
    /// Those of the engine; [`Error::Uncertain`], whatever the reason, while this or an earlier attempt with the id may have
    /// been carried out.
    fn append(&self, id: AppendId, first_free: usize, items: &Embeddings) -> Result<usize, Error> {
        let _ = (id, first_free, items);
        Err(CoreError::Unsupported { what: "numbering rows by the engine" }.into())
    }

    /// Sets aside `rows` rows that follow each other and have no items, none below `first_free`, and answers the first of
    /// them. No other call, whoever makes it, answers any of these rows, not even when this client dies before it stores
    /// anything; so [`Engine::upsert`] there overwrites nobody's items, also when it is carried out late. An attempt whose
    /// answer was lost may leave rows without items. Default: `None`, the engine cannot.
    ///
    /// # Errors
    /// Those of the engine; [`Error::Contended`] if others were always faster.
    fn reserve(&self, first_free: usize, rows: usize) -> Result<Option<usize>, Error> {
        let _ = (first_free, rows);
        Ok(None)
    }

    /// What is written to, without secrets, as a name that is equal for any two engines that write to the same rows. By it
    /// indexes of one process over an engine that does not number rows wait for each other, those that reserve too, instead of
    /// competing; and an [`Upload`](crate::Upload) knows where it was before. Default: nobody knows.
    fn place(&self) -> Option<String> {
        None
    }

    /// Whether there is an item at a row or behind it. Default: as [`Engine::extent`] says.
    ///
    /// # Errors
    /// Those of the engine.
    fn any_from(&self, row: usize) -> Result<bool, Error> {
        Ok(self.extent()?.next_row > row)
    }

    /// Deletes rows; one that is not there is no error.
    ///
    /// # Errors
    /// Those of the engine.
    fn delete(&self, rows: &[i64]) -> Result<(), Error>;

    /// The `k` most similar items for each query, or as many as there are, most similar first, ties in row order.
    ///
    /// # Errors
    /// Those of the engine.
    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_list_is_named() {
        let few = RowSet::from_rows(10, [2, 9]).unwrap();
        assert_eq!(Admitted::new(&few, 5), Admitted::Only(vec![2]));
        let many = RowSet::from_rows(10, [0, 1, 2, 4]).unwrap();
        assert_eq!(Admitted::new(&many, 5), Admitted::AllBut(vec![3]));
    }
}
