//! What queries can have beside their judgements.

use std::collections::HashSet;

use ess_core::Encoding;

use super::definition::QuerySet;
use crate::{data::teacher::TeacherScore, error::Error};

impl<E: Encoding> QuerySet<E> {
    /// Adds the scores of a teacher for each query. A query may have none.
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

    /// Adds items that are not relevant to each query. A query may have none.
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

    /// Sets how much each query counts in training. The loss of a query is multiplied by its weight. Weights are scaled to a
    /// mean of 1 over the training set. A query of weight 2 counts as two of weight 1, and a query of weight 0 does not
    /// count. Dev queries are not weighted.
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

    /// Sets the row by which a loss identifies each query ([`LossBatch::row_of`](crate::LossBatch::row_of)), where it is not
    /// the row in this set.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one row for each query.
    pub fn with_rows(mut self, rows: Vec<usize>) -> Result<Self, Error> {
        self.check_lists("rows of queries", rows.len())?;
        self.rows = rows;
        Ok(self)
    }

    /// Leaves an item out of the ranking of each query, such as the query itself where queries are items too (ArguAna,
    /// Quora). The item does not count on dev and is not mined as a negative.
    ///
    /// # Errors
    /// [`Error::Core`] when there is not one entry for each query.
    pub fn with_left_out(mut self, left_out: Vec<Option<usize>>) -> Result<Self, Error> {
        self.check_lists("items left out of rankings", left_out.len())?;
        self.left_out = if left_out.iter().any(Option::is_some) { left_out } else { Vec::new() };
        Ok(self)
    }

    /// The same queries in another encoding, such as one with the items that a first pass found.
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
            left_out: self.left_out.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;

    use super::*;
    use crate::data::judgement::Judgement;

    fn judged(item: usize, grade: i32) -> Judgement {
        Judgement { item, grade }
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
        let leaving_out = plain().with_left_out(vec![None, Some(4)]).unwrap();
        let joined = plain().join(&leaving_out.select(&[1, 0]).unwrap()).unwrap();
        assert_eq!(joined.left_out(), [None, None, Some(4), None]);
        assert!(plain().with_left_out(vec![None; 2]).unwrap().left_out().is_empty());
        assert!(plain().with_left_out(vec![None]).is_err());
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
}
