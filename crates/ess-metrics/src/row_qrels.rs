//! Judgements by row number.

use crate::error::Error;
use crate::judged_ranking::{JudgedHit, JudgedRanking, highest_first};
use crate::qrels::Qrels;

/// Relevance judgements in which queries and items are rows, for evaluating an index's hits without looking
/// ids up.
///
/// Query `i` is row `i` of a batch of queries and an item is its row in the index: what a training loop has
/// at hand.
///
/// ```
/// use ess_metrics::RowQrels;
///
/// // The first query has two relevant items, the second has no judgement.
/// let qrels = RowQrels::new([vec![(4, 1), (0, 2)], vec![]])?;
/// assert_eq!(qrels.len(), 2);
/// assert_eq!(qrels.judged_ranking(0, [4, 1, 0])?.relevant(), 2);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowQrels {
    queries: Vec<RowJudgements>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct RowJudgements {
    // Sorted by row.
    rows: Vec<(usize, i32)>,
    // Of all judged items, with a row or without, highest first.
    grades: Vec<i32>,
    relevant: usize,
}

impl RowQrels {
    /// Judgements as item row and grade, for each query in row order; a query may have none.
    ///
    /// # Errors
    /// [`Error::DuplicateRow`] for an item judged twice for one query.
    pub fn new<J>(queries: impl IntoIterator<Item = J>) -> Result<Self, Error>
    where
        J: IntoIterator<Item = (usize, i32)>,
    {
        let judgements = queries.into_iter().enumerate().map(|(query, grades)| {
            let rows: Vec<_> = grades.into_iter().collect();
            let grades = highest_first(rows.iter().map(|&(_, grade)| grade));
            RowJudgements::new(query, rows, grades)
        });
        let queries = judgements.collect::<Result<_, _>>()?;
        Ok(Self { queries })
    }

    /// Turns ids into rows: `queries` are the ids of the query rows in order, `item_row` gives an item's row.
    ///
    /// A judged item without a row counts as relevant where its grade says so and is never found, as in
    /// evaluation by id. A query that the qrels lack has no judgement; a query of the qrels that is not in
    /// `queries` is left out.
    ///
    /// # Errors
    /// [`Error::DuplicateRow`] when `item_row` gives two judged items of one query the same row.
    pub fn from_qrels<'a>(
        qrels: &Qrels,
        queries: impl IntoIterator<Item = &'a str>,
        item_row: impl Fn(&str) -> Option<usize>,
    ) -> Result<Self, Error> {
        let judgements = queries.into_iter().enumerate().map(|(query, id)| {
            let judged = || qrels.get(id).into_iter().flat_map(|judged| judged.iter());
            let with_row = judged().filter_map(|(item, grade)| Some((item_row(item)?, grade)));
            RowJudgements::new(query, with_row.collect(), highest_first(judged().map(|(_, grade)| grade)))
        });
        let queries = judgements.collect::<Result<_, _>>()?;
        Ok(Self { queries })
    }

    /// The number of queries, judged or not.
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Whether there is no query.
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// The number of items of a query with a grade above 0.
    ///
    /// # Panics
    /// When `query ≥ len`, as slices do.
    pub fn relevant(&self, query: usize) -> usize {
        self.queries[query].relevant
    }

    pub(crate) fn is_judged(&self, query: usize) -> bool {
        !self.queries[query].grades.is_empty()
    }

    /// What measures see of a query's `ranking`, the item rows from the best down.
    ///
    /// # Errors
    /// [`Error::DuplicateRow`] when a judged item stands in the ranking twice.
    ///
    /// # Panics
    /// When `query ≥ len`, as slices do.
    pub fn judged_ranking(
        &self,
        query: usize,
        ranking: impl IntoIterator<Item = usize>,
    ) -> Result<JudgedRanking, Error> {
        let RowJudgements { rows, grades, .. } = &self.queries[query];
        let mut seen = vec![false; rows.len()];
        let mut judged = Vec::new();
        let mut retrieved = 0;
        for item in ranking {
            retrieved += 1;
            let Ok(index) = rows.binary_search_by_key(&item, |&(row, _)| row) else {
                continue;
            };
            if std::mem::replace(&mut seen[index], true) {
                let what = "ranking";
                return Err(Error::DuplicateRow { what, query, item });
            }
            let (rank, grade) = (retrieved, rows[index].1);
            judged.push(JudgedHit { rank, grade });
        }
        Ok(JudgedRanking::from_parts(judged, retrieved, grades.clone()))
    }

    pub(crate) fn judgements(&self) -> usize {
        self.queries.iter().map(|query| query.rows.len()).sum()
    }
}

impl RowJudgements {
    fn new(query: usize, mut rows: Vec<(usize, i32)>, grades: Vec<i32>) -> Result<Self, Error> {
        rows.sort_unstable();
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let (what, item) = ("judgements", pair[0].0);
            return Err(Error::DuplicateRow { what, query, item });
        }
        let relevant = grades.partition_point(|&grade| grade > 0);
        Ok(Self { rows, grades, relevant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_twice_is_refused_in_judgements_and_rankings() {
        let found = RowQrels::new([vec![], vec![(3, 1), (1, 0), (3, 2)]]);
        let expected = Error::DuplicateRow { what: "judgements", query: 1, item: 3 };
        assert_eq!(found, Err(expected));

        let qrels = RowQrels::new([[(3, 1)]]).unwrap();
        let expected = Error::DuplicateRow { what: "ranking", query: 0, item: 3 };
        assert_eq!(qrels.judged_ranking(0, [3, 5, 3]), Err(expected));
    }

    #[test]
    fn queries_without_a_judgement_are_queries() {
        let empty = RowQrels::new([[(0, 1)]; 0]).unwrap();
        assert_eq!((empty.is_empty(), empty.len(), empty.judgements()), (true, 0, 0));
        let one = RowQrels::new([vec![]]).unwrap();
        assert_eq!((one.is_empty(), one.len(), one.is_judged(0), one.judgements()), (false, 1, false, 0));
        let judged = RowQrels::new([vec![(0, 0), (2, 1)], vec![(1, 0)]]).unwrap();
        assert_eq!((judged.is_judged(1), judged.relevant(1), judged.judgements()), (true, 0, 3));
    }

    #[test]
    fn a_relevant_item_without_a_row_still_counts() {
        let mut qrels = Qrels::new();
        qrels.insert("q", "gone", 2).unwrap();
        qrels.insert("q", "here", 1).unwrap();
        let rows = RowQrels::from_qrels(&qrels, ["q", "unjudged"], |id| (id == "here").then_some(7)).unwrap();
        assert_eq!((rows.relevant(0), rows.relevant(1)), (2, 0));
        assert_eq!(rows.judged_ranking(0, [7]).unwrap(), JudgedRanking::new(&[Some(1)], &[2]));
    }
}
