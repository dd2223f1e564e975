//! Encoded queries with the items that are relevant to them.

use std::collections::HashSet;

use ess_core::{Embeddings, Encoding};
use ess_search::DeviceEncoding;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Error, TeacherScore};

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
    /// For each query, or for none.
    teacher: Vec<Vec<TeacherScore>>,
    /// For each query, or for none.
    negatives: Vec<Vec<usize>>,
    /// For each query, or for none, where all weigh 1.
    weights: Vec<f32>,
    /// For each query, or for none, where each has its own place.
    rows: Vec<usize>,
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
        let (teacher, negatives, weights, rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { encodings, judgements, teacher, negatives, weights, rows })
    }

    /// Adds what a teacher scored for each query; a query may have no score.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one list for each query, [`Error::TeacherScore`] for a score that is no finite
    /// number and for an item that is scored twice.
    pub fn with_teacher(mut self, teacher: Vec<Vec<TeacherScore>>) -> Result<Self, Error> {
        self.check_lists("lists of a teacher's scores", teacher.len())?;
        for (query, scores) in teacher.iter().enumerate() {
            let refuse = |&TeacherScore { item, score }: &TeacherScore, reason| {
                Err(Error::TeacherScore { query, item, score, reason })
            };
            if let Some(score) = scores.iter().find(|score| !score.score.is_finite()) {
                return refuse(score, "not a finite number");
            }
            let mut seen = HashSet::new();
            if let Some(score) = scores.iter().find(|score| !seen.insert(score.item)) {
                return refuse(score, "scored twice");
            }
        }
        self.teacher = teacher;
        Ok(self)
    }

    /// Adds items that are not relevant to each query; a query may have none.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one list for each query, [`Error::Negative`] for an item that is relevant or
    /// named twice.
    pub fn with_negatives(mut self, negatives: Vec<Vec<usize>>) -> Result<Self, Error> {
        self.check_lists("lists of negatives", negatives.len())?;
        for (query, items) in negatives.iter().enumerate() {
            let judged = self.judgements[query].iter().filter(|judged| judged.grade > 0);
            let relevant: HashSet<usize> = judged.map(|judged| judged.item).collect();
            if let Some(&item) = items.iter().find(|item| relevant.contains(item)) {
                return Err(Error::Negative { query, item, reason: "it is relevant" });
            }
            let mut seen = HashSet::new();
            if let Some(&item) = items.iter().find(|&&item| !seen.insert(item)) {
                return Err(Error::Negative { query, item, reason: "it is named twice" });
            }
        }
        self.negatives = negatives;
        Ok(self)
    }

    /// Says how much each query counts in training: its loss is multiplied by its weight, and weights are scaled to a mean
    /// of 1 over the training set. A query of weight 2 counts as two of weight 1, one of weight 0 not at all. Dev is not
    /// weighed.
    ///
    /// ```
    /// use ess_core::Embeddings;
    /// use ess_train::{Error, Judgement, QuerySet};
    ///
    /// let encodings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
    /// let relevant = vec![vec![Judgement { item: 0, grade: 1 }]; 2];
    /// // The first query was asked three times as often.
    /// let queries = QuerySet::new(encodings, relevant)?.with_weights(vec![3.0, 1.0])?;
    /// assert_eq!(queries.weights(), [3.0, 1.0]);
    /// assert!(matches!(queries.with_weights(vec![-1.0, 1.0]), Err(Error::Weight { query: 0, .. })));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one weight for each query, [`Error::Weight`] for one that is no finite number of at
    /// least 0, and where all are 0.
    pub fn with_weights(mut self, weights: Vec<f32>) -> Result<Self, Error> {
        self.check_lists("weights of queries", weights.len())?;
        let usable = |weight: f32| weight.is_finite() && weight >= 0.0;
        let all_zero = weights.iter().all(|&weight| weight == 0.0);
        if let Some(query) = weights.iter().position(|&weight| all_zero || !usable(weight)) {
            return Err(Error::Weight { query, weight: weights[query] });
        }
        self.weights = weights;
        Ok(self)
    }

    /// Says by which number a loss knows each query ([`LossBatch::row_of`](crate::LossBatch::row_of)), where that is not its
    /// row in this set.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one number for each query.
    pub fn with_rows(mut self, rows: Vec<usize>) -> Result<Self, Error> {
        self.check_lists("rows of queries", rows.len())?;
        self.rows = rows;
        Ok(self)
    }

    fn check_lists(&self, what: &'static str, found: usize) -> Result<(), Error> {
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

    /// The same queries in another encoding, such as with what a first pass of an index found for them.
    ///
    /// ```
    /// use ess_core::{Embeddings, TokenStates};
    /// use ess_train::{Judgement, QuerySet};
    ///
    /// let embeddings = Embeddings::from_rows(&[[1.0, 0.0]])?;
    /// let queries = QuerySet::new(embeddings.clone(), vec![vec![Judgement { item: 0, grade: 1 }]])?;
    /// let states = TokenStates::from_texts(embeddings, 3, &[[0.1; 6]])?;
    /// assert_eq!(queries.with_encodings(states)?.judgements(), queries.judgements());
    /// # Ok::<(), ess_train::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Core`] when there are not as many encodings as queries.
    pub fn with_encodings<F: Encoding>(&self, encodings: F) -> Result<QuerySet<F>, Error> {
        self.check_lists("encodings of queries", encodings.rows())?;
        Ok(QuerySet {
            encodings,
            judgements: self.judgements.clone(),
            teacher: self.teacher.clone(),
            negatives: self.negatives.clone(),
            weights: self.weights.clone(),
            rows: self.rows.clone(),
        })
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

    /// The row of each query in the set that it comes from: what was drawn or cut from a set by [`QuerySet::select`] keeps
    /// its rows there. In a join the rows of both stay as they are, where either has rows of its own.
    pub fn rows(&self) -> Vec<usize> {
        if self.rows.is_empty() { (0..self.len()).collect() } else { self.rows.clone() }
    }

    /// The named queries, in the order given; a query may be named twice.
    ///
    /// # Errors
    /// [`Error::Core`] for a row beyond the end or no row at all.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        let encodings = self.encodings.select_rows(rows)?;
        Ok(Self {
            encodings,
            judgements: rows.iter().map(|&row| self.judgements[row].clone()).collect(),
            teacher: chosen(&self.teacher, rows),
            negatives: chosen(&self.negatives, rows),
            weights: chosen(&self.weights, rows),
            rows: if self.rows.is_empty() { rows.to_vec() } else { chosen(&self.rows, rows) },
        })
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

impl<E: DeviceEncoding> QuerySet<E> {
    /// The queries of both, these first.
    ///
    /// # Errors
    /// [`Error::Search`] when the dimensions differ.
    pub fn join(&self, other: &Self) -> Result<Self, Error> {
        let encodings = self.encodings.join(&other.encodings)?;
        let (these, those) = (self.len(), other.len());
        let weights =
            |set: &Self| if set.weights.is_empty() { vec![1.0; set.len()] } else { set.weights.clone() };
        let weighed = !(self.weights.is_empty() && other.weights.is_empty());
        let placed = !(self.rows.is_empty() && other.rows.is_empty());
        Ok(Self {
            encodings,
            judgements: [&self.judgements[..], &other.judgements].concat(),
            teacher: joined((&self.teacher, these), (&other.teacher, those)),
            negatives: joined((&self.negatives, these), (&other.negatives, those)),
            weights: if weighed { [weights(self), weights(other)].concat() } else { Vec::new() },
            rows: if placed { [self.rows(), other.rows()].concat() } else { Vec::new() },
        })
    }
}

/// The named ones; none where there are none.
fn chosen<T: Clone>(lists: &[T], rows: &[usize]) -> Vec<T> {
    if lists.is_empty() {
        return Vec::new();
    }
    rows.iter().map(|&row| lists[row].clone()).collect()
}

/// The lists of both, each with its number of queries; empty lists for the side that has none.
fn joined<T: Clone>(these: (&[Vec<T>], usize), those: (&[Vec<T>], usize)) -> Vec<Vec<T>> {
    if these.0.is_empty() && those.0.is_empty() {
        return Vec::new();
    }
    let filled = |(lists, len): (&[Vec<T>], usize)| {
        if lists.is_empty() { vec![Vec::new(); len] } else { lists.to_vec() }
    };
    [filled(these), filled(those)].concat()
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
    fn scores_and_negatives_that_make_no_sense_are_refused() {
        let set =
            || QuerySet::new(Embeddings::from_rows(&[[1.0]]).unwrap(), vec![vec![judged(3, 1)]]).unwrap();
        let score = |item, score| TeacherScore { item, score };
        let refused = |scores: Vec<TeacherScore>| set().with_teacher(vec![scores]).unwrap_err();
        assert!(matches!(refused(vec![score(0, f32::NAN)]), Error::TeacherScore { query: 0, item: 0, .. }));
        assert!(matches!(refused(vec![score(1, 0.5), score(1, 0.7)]), Error::TeacherScore { item: 1, .. }));
        assert!(matches!(
            set().with_teacher(vec![]),
            Err(Error::Core(ess_core::Error::LengthMismatch { .. }))
        ));
        let beyond = set().with_teacher(vec![vec![score(4, 0.5)]]).unwrap();
        assert!(matches!(beyond.check_items(4), Err(Error::TeacherScore { item: 4, .. })));
        assert!(beyond.check_items(5).is_ok());
        let refused = |items: Vec<usize>| set().with_negatives(vec![items]).unwrap_err();
        assert!(matches!(refused(vec![2, 3]), Error::Negative { query: 0, item: 3, .. }));
        assert!(matches!(refused(vec![2, 2]), Error::Negative { item: 2, .. }));
        let beyond = set().with_negatives(vec![vec![9]]).unwrap();
        assert!(matches!(beyond.check_items(9), Err(Error::Negative { item: 9, .. })));
    }

    #[test]
    fn scores_and_negatives_stay_with_their_queries() {
        let encodings = || Embeddings::from_rows(&[[0.0], [1.0]]).unwrap();
        let plain = || QuerySet::new(encodings(), (0..2).map(|i| vec![judged(i, 1)]).collect()).unwrap();
        let scores = (0..2).map(|item| vec![TeacherScore { item, score: item as f32 }]).collect();
        let rich = plain().with_teacher(scores).unwrap().with_negatives(vec![vec![7], vec![8]]).unwrap();
        let joined = plain().join(&rich.select(&[1, 0]).unwrap()).unwrap();
        assert_eq!(joined.negatives(), [vec![], vec![], vec![8], vec![7]]);
        assert!(joined.teacher()[0].is_empty());
        assert_eq!(joined.teacher()[2][0].item, 1);
        assert!(plain().join(&plain()).unwrap().teacher().is_empty());
    }

    #[test]
    fn weights_and_rows_stay_with_their_queries() {
        let encodings = || Embeddings::from_rows(&[[0.0], [1.0], [2.0]]).unwrap();
        let plain = || QuerySet::new(encodings(), (0..3).map(|i| vec![judged(i, 1)]).collect()).unwrap();
        let weighed = plain().with_weights(vec![2.0, 0.0, 1.0]).unwrap();
        let cut = weighed.select(&[2, 0, 2]).unwrap();
        assert_eq!((cut.weights(), cut.rows()), (&[1.0, 2.0, 1.0][..], vec![2, 0, 2]));
        // Of a cut of a cut, the rows are still those of the first set.
        assert_eq!(cut.select(&[1]).unwrap().rows(), [0]);
        let joined = plain().join(&cut).unwrap();
        assert_eq!(joined.weights(), [1.0, 1.0, 1.0, 1.0, 2.0, 1.0]);
        assert_eq!(joined.rows(), [0, 1, 2, 2, 0, 2]);
        // Two sets of their own are one after the other.
        let both = plain().join(&plain()).unwrap();
        assert_eq!((both.rows(), both.weights()), ((0..6).collect(), &[][..]));
        let numbered = plain().with_rows(vec![7, 8, 9]).unwrap();
        assert_eq!(numbered.with_encodings(encodings()).unwrap().select(&[1]).unwrap().rows(), [8]);
        assert_eq!(weighed.with_encodings(encodings()).unwrap().weights(), weighed.weights());
        for bad in [vec![1.0, f32::NAN, 1.0], vec![1.0, -1.0, 1.0], vec![1.0, f32::INFINITY, 1.0]] {
            assert!(matches!(plain().with_weights(bad), Err(Error::Weight { query: 1, .. })));
        }
        assert!(matches!(plain().with_weights(vec![0.0; 3]), Err(Error::Weight { query: 0, .. })));
        let short = [plain().with_weights(vec![1.0]).err(), plain().with_rows(vec![1]).err()];
        assert!(
            short.into_iter().all(|e| matches!(e, Some(Error::Core(ess_core::Error::LengthMismatch { .. }))))
        );
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
