//! The set itself: encodings and judgements, checked.

use ess_core::{Embeddings, Encoding};

use crate::{
    data::{judgement::Judgement, teacher::TeacherScore},
    error::Error,
};

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
    pub(super) encodings: E,
    pub(super) judgements: Vec<Vec<Judgement>>,
    /// For each query, or for none.
    pub(super) teacher: Vec<Vec<TeacherScore>>,
    /// For each query, or for none.
    pub(super) negatives: Vec<Vec<usize>>,
    /// For each query, or for none, where all weigh 1.
    pub(super) weights: Vec<f32>,
    /// For each query, or for none, where each has its own index.
    pub(super) rows: Vec<usize>,
    /// For each query, or for none.
    pub(super) left_out: Vec<Option<usize>>,
}

impl<E: Encoding> QuerySet<E> {
    /// Takes encodings and judgements of the same queries in the same order.
    ///
    /// # Errors
    /// [`Error::Core`] when their lengths differ or there is no query, [`Error::NoPositive`] for a query without a relevant
    /// item, [`Error::DuplicateJudgement`] for an item that is judged twice.
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
        let (teacher, negatives, weights) = (Vec::new(), Vec::new(), Vec::new());
        let (rows, left_out) = (Vec::new(), Vec::new());
        Ok(Self { encodings, judgements, teacher, negatives, weights, rows, left_out })
    }

    pub(super) fn check_lists(&self, what: &'static str, found: usize) -> Result<(), Error> {
        let expected = self.len();
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        Ok(())
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

    /// A teacher's scores for each query; an empty slice without a teacher.
    pub fn teacher(&self) -> &[Vec<TeacherScore>] {
        &self.teacher
    }

    /// Items given as not relevant to each query; an empty slice where none were given.
    pub fn negatives(&self) -> &[Vec<usize>] {
        &self.negatives
    }

    /// The weight of each query; an empty slice where none were given and all weigh 1.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The item that is left out of the rankings of each query; an empty slice where none is.
    pub fn left_out(&self) -> &[Option<usize>] {
        &self.left_out
    }

    /// The row of each query in the set that it was taken from. [`QuerySet::select`] keeps the rows of the original set. A
    /// join keeps the rows of both sets where either has rows of its own.
    pub fn rows(&self) -> Vec<usize> {
        if self.rows.is_empty() { (0..self.len()).collect() } else { self.rows.clone() }
    }

    /// Refuses a judgement, a teacher's score or a negative of an item that does not exist.
    pub(crate) fn check_items(&self, items: usize) -> Result<(), Error> {
        for (query, judged) in self.judgements.iter().enumerate() {
            if let Some(judgement) = judged.iter().find(|judgement| judgement.item >= items) {
                return Err(Error::UnknownItem { query, item: judgement.item, items });
            }
        }
        for (query, scores) in self.teacher.iter().enumerate() {
            if let Some(&TeacherScore { item, score }) = scores.iter().find(|score| score.item >= items) {
                return Err(Error::TeacherScore { query, item, score, reason: "there is no such item" });
            }
        }
        for (query, negatives) in self.negatives.iter().enumerate() {
            if let Some(&item) = negatives.iter().find(|&&item| item >= items) {
                return Err(Error::Negative { query, item, reason: "there is no such item" });
            }
        }
        Ok(())
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
}
