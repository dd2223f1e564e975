//! Qrels by rows of embeddings.

use ess_core::Ids;
use ess_metrics::Qrels;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Qrels joined with the ids of query and item embeddings: every query and item is a row.
///
/// Queries come in the order of the qrels; the items of each in row order.
///
/// ```
/// use ess_core::Ids;
/// use ess_data::Judgements;
/// use ess_metrics::Qrels;
///
/// let queries = Ids::new(vec!["q1".into(), "q2".into()])?;
/// let items = Ids::new(vec!["d1".into(), "d2".into(), "d3".into()])?;
/// let mut qrels = Qrels::new();
/// qrels.insert("q2", "d3", 1)?;
/// qrels.insert("q2", "d1", 0)?;
///
/// let judgements = Judgements::join(&qrels, &queries, &items)?;
/// let judged = &judgements.queries()[0];
/// assert_eq!(judged.row, 1);
/// assert_eq!(judged.grades, [(0, 0), (2, 1)]);
/// assert_eq!(judged.positives().collect::<Vec<_>>(), [2]);
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgements {
    queries: Vec<JudgedQuery>,
}

/// What is judged for one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedQuery {
    /// The query's row among the query embeddings.
    pub row: usize,
    /// The judged items, by row among the item embeddings, and their grades; in row order.
    pub grades: Vec<(usize, i32)>,
}

impl JudgedQuery {
    /// The rows of the items that are relevant: their grade is above 0.
    pub fn positives(&self) -> impl Iterator<Item = usize> {
        self.grades.iter().filter(|(_, grade)| *grade > 0).map(|(item, _)| *item)
    }

    fn has_positive(&self) -> bool {
        self.positives().next().is_some()
    }
}

/// What [`Judgements::join_known`] left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// Queries without an embedding, and queries none of whose judged items has one.
    pub queries: usize,
    /// Judgements of queries or items without an embedding.
    pub judgements: usize,
}

impl Judgements {
    /// Joins; every query and item of the qrels must have an embedding.
    ///
    /// # Errors
    /// [`Error::UnknownId`] naming the first that has none, [`Error::TooFew`] for empty qrels.
    pub fn join(qrels: &Qrels, queries: &Ids, items: &Ids) -> Result<Self, Error> {
        let unknown =
            |what, ids: &Ids, id: &str| Error::UnknownId { what, id: id.to_owned(), len: ids.len() };
        let mut judgements = Self { queries: Vec::new() };
        for query in qrels.queries() {
            let row = queries.row(query).map_err(|_| unknown("query", queries, query))?;
            let mut grades = Vec::new();
            for (item, grade) in qrels.get(query).iter().flat_map(|entries| entries.iter()) {
                grades.push((items.row(item).map_err(|_| unknown("item", items, item))?, grade));
            }
            judgements.push(row, grades);
        }
        judgements.not_empty()
    }

    /// Joins what has an embedding, and counts what has none.
    ///
    /// ```
    /// use ess_core::Ids;
    /// use ess_data::{Dropped, Judgements};
    /// use ess_metrics::Qrels;
    ///
    /// let ids = |id: &str| Ids::new(vec![id.into()]);
    /// let mut qrels = Qrels::new();
    /// qrels.insert("q1", "d1", 1)?;
    /// qrels.insert("q1", "withdrawn", 1)?;
    /// let (judgements, dropped) = Judgements::join_known(&qrels, &ids("q1")?, &ids("d1")?)?;
    /// assert_eq!(judgements.queries()[0].grades, [(0, 1)]);
    /// assert_eq!(dropped, Dropped { queries: 0, judgements: 1 });
    /// # Ok::<(), ess_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooFew`] when nothing is left.
    pub fn join_known(qrels: &Qrels, queries: &Ids, items: &Ids) -> Result<(Self, Dropped), Error> {
        let mut judgements = Self { queries: Vec::new() };
        let mut dropped = Dropped::default();
        for query in qrels.queries() {
            let row = queries.row(query).ok();
            let (mut grades, mut judged) = (Vec::new(), 0);
            for (item, grade) in qrels.get(query).iter().flat_map(|entries| entries.iter()) {
                judged += 1;
                grades.extend(items.row(item).ok().filter(|_| row.is_some()).map(|item| (item, grade)));
            }
            dropped.judgements += judged - grades.len();
            match row.filter(|_| !grades.is_empty()) {
                Some(row) => judgements.push(row, grades),
                None => dropped.queries += 1,
            }
        }
        Ok((judgements.not_empty()?, dropped))
    }

    /// The judged queries.
    pub fn queries(&self) -> &[JudgedQuery] {
        &self.queries
    }

    /// The rows of the judged queries among the query embeddings.
    pub fn query_rows(&self) -> Vec<usize> {
        self.queries.iter().map(|query| query.row).collect()
    }

    /// The rows of the queries that have no positive item: training can learn nothing from them, and most measures
    /// leave them out.
    pub fn without_positive(&self) -> Vec<usize> {
        self.queries.iter().filter(|query| !query.has_positive()).map(|query| query.row).collect()
    }

    /// Only the queries that have a positive item.
    ///
    /// # Errors
    /// [`Error::TooFew`] when there is none.
    pub fn with_positive(mut self) -> Result<Self, Error> {
        self.queries.retain(JudgedQuery::has_positive);
        if self.queries.is_empty() {
            return Err(Error::TooFew { what: "judged query with a positive item", expected: 1, found: 0 });
        }
        Ok(self)
    }

    fn push(&mut self, row: usize, mut grades: Vec<(usize, i32)>) {
        grades.sort_unstable();
        self.queries.push(JudgedQuery { row, grades });
    }

    fn not_empty(self) -> Result<Self, Error> {
        if self.queries.is_empty() {
            return Err(Error::TooFew { what: "judged query that has an embedding", expected: 1, found: 0 });
        }
        Ok(self)
    }
}
