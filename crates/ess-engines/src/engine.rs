//! What a search engine must be able to do.

use ess_core::{Effort, Embeddings, Hit, RowSet};

use crate::{Error, Extent};

/// The rows that a filtered search may find, as an engine can be told them in the fewest words.
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
/// again what failed in passing ([`Error::is_transient`]). So [`Engine::upsert`] and [`Engine::delete`] must be
/// *idempotent*: an attempt whose answer was lost may have been carried out.
pub trait Engine: Send + Sync {
    /// The dimension of the items, `d_item`.
    fn dim(&self) -> usize;

    /// Whether every answer is the true one.
    fn exact(&self) -> bool;

    /// Whether [`Effort::candidates`] matters.
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
