//! Encoded queries with the items that are relevant to them.

use ess_core::{Embeddings, Encoding};
use ess_search::DeviceEncoding;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Error;

/// What an assessor said of one item for one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The item's row, from 0.
    pub item: usize,
    /// The grade; above 0 is relevant, larger is more relevant.
    pub grade: i32,
}

/// `n` encoded queries and, for each, its judgements, with at least one relevant item each.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_train::{Judgement, QuerySet};
///
/// let encodings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let queries = QuerySet::new(encodings, vec![relevant(0), relevant(2)])?;
/// assert_eq!(queries.len(), 2);
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct QuerySet<E = Embeddings> {
    encodings: E,
    judgements: Vec<Vec<Judgement>>,
}

impl<E: Encoding> QuerySet<E> {
    /// Takes encodings and judgements of the same queries in the same order.
    ///
    /// # Errors
    /// [`Error::Core`] when their numbers differ or there is no query, [`Error::NoPositive`] for a query without a
    /// relevant item, [`Error::DuplicateJudgement`] for an item that is judged twice.
    pub fn new(encodings: E, judgements: Vec<Vec<Judgement>>) -> Result<Self, Error> {
        let (what, expected, found) = ("judgements of queries", encodings.rows(), judgements.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        if judgements.is_empty() {
            return Err(ess_core::Error::Empty { what: "queries" }.into());
        }
        for (query, judged) in judgements.iter().enumerate() {
            if judged.iter().all(|judgement| judgement.grade <= 0) {
                return Err(Error::NoPositive { query });
            }
            let mut items: Vec<usize> = judged.iter().map(|judgement| judgement.item).collect();
            items.sort_unstable();
            if let Some(pair) = items.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Error::DuplicateJudgement { query, item: pair[0] });
            }
        }
        Ok(Self { encodings, judgements })
    }

    /// The number of queries, `n`.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.judgements.len()
    }

    /// The encoded queries.
    pub fn encodings(&self) -> &E {
        &self.encodings
    }

    /// The judgements of each query.
    pub fn judgements(&self) -> &[Vec<Judgement>] {
        &self.judgements
    }

    /// The named queries, in the order given; a query may be named twice.
    ///
    /// # Errors
    /// [`Error::Core`] for a row beyond the end or no row at all.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        let encodings = self.encodings.select_rows(rows)?;
        Ok(Self { encodings, judgements: rows.iter().map(|&row| self.judgements[row].clone()).collect() })
    }

    /// As many queries, drawn with replacement: what bagging trains a member on.
    ///
    /// # Errors
    /// None in practice; the signature is that of [`QuerySet::select`].
    pub fn resampled(&self, seed: u64) -> Result<Self, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<usize> = (0..self.len()).map(|_| random.random_range(0..self.len())).collect();
        self.select(&rows)
    }

    /// Refuses a judgement of an item that does not exist.
    pub(crate) fn check_items(&self, items: usize) -> Result<(), Error> {
        for (query, judged) in self.judgements.iter().enumerate() {
            if let Some(judgement) = judged.iter().find(|judgement| judgement.item >= items) {
                return Err(Error::UnknownItem { query, item: judgement.item, items });
            }
        }
        Ok(())
    }
}

impl<E: DeviceEncoding> QuerySet<E> {
    /// The queries of both, these first.
    ///
    /// # Errors
    /// [`Error::Search`] when the dimensions differ.
    pub fn join(&self, other: &Self) -> Result<Self, Error> {
        let encodings = self.encodings.join(&other.encodings)?;
        Ok(Self { encodings, judgements: [&self.judgements[..], &other.judgements].concat() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(item: usize, grade: i32) -> Judgement {
        Judgement { item, grade }
    }

    #[test]
    fn queries_that_teach_nothing_are_refused() {
        let one = Embeddings::from_rows(&[[1.0]]).unwrap();
        let found = QuerySet::new(one.clone(), vec![vec![]]);
        assert!(matches!(found, Err(Error::NoPositive { query: 0 })));
        let found = QuerySet::new(one.clone(), vec![vec![judged(3, 0)]]);
        assert!(matches!(found, Err(Error::NoPositive { query: 0 })));
        let found = QuerySet::new(one.clone(), vec![vec![judged(3, 1), judged(4, 1), judged(3, 2)]]);
        assert!(matches!(found, Err(Error::DuplicateJudgement { query: 0, item: 3 })));
        let found = QuerySet::new(one, vec![]);
        assert!(matches!(found, Err(Error::Core(ess_core::Error::LengthMismatch { .. }))));
    }

    #[test]
    fn an_item_that_does_not_exist_is_named() {
        let one = Embeddings::from_rows(&[[1.0]]).unwrap();
        let queries = QuerySet::new(one, vec![vec![judged(3, 1)]]).unwrap();
        assert!(queries.check_items(4).is_ok());
        assert!(matches!(queries.check_items(3), Err(Error::UnknownItem { query: 0, item: 3, items: 3 })));
    }

    #[test]
    fn queries_are_selected_joined_and_resampled_with_their_judgements() {
        let encodings = Embeddings::from_rows(&[[0.0], [1.0], [2.0]]).unwrap();
        let queries = QuerySet::new(encodings, (0..3).map(|i| vec![judged(i, 1)]).collect()).unwrap();
        let joined = queries.select(&[2]).unwrap().join(&queries.select(&[0, 0]).unwrap()).unwrap();
        assert_eq!(joined.encodings().as_slice(), &[2.0, 0.0, 0.0]);
        let resampled = queries.resampled(5).unwrap();
        assert_eq!(resampled.len(), 3);
        for (row, judged) in resampled.encodings().rows().zip(resampled.judgements()) {
            assert_eq!(row[0] as usize, judged[0].item);
        }
    }
}
