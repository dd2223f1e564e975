//! Measuring runs against qrels.

use std::collections::HashSet;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::judged_ranking::JudgedRanking;
use crate::measures::{Aggregate, Measure, NamedMeasure};
use crate::qrels::Qrels;
use crate::rank_judged::rank_judged;
use crate::relevance_level::RelevanceLevel;
use crate::row_qrels::RowQrels;
use crate::run::Run;

/// What becomes of a query that has a relevant item and no hit in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingQueries {
    /// It scores 0, so that a system cannot gain by staying silent; trec_eval with `-c`. The default.
    #[default]
    ScoreZero,
    /// It is left out, so that the mean is over the queries that the run answers; trec_eval without `-c`.
    LeaveOut,
}

/// What becomes of a judged query to which no item is relevant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NothingRelevant {
    /// It is left out: every measure of retrieval is 0 on it, so it cannot tell systems apart. The default.
    #[default]
    LeaveOut,
    /// It counts, with the value 0; trec_eval.
    Count,
}

/// Measures a run against qrels with the default choices of [`Evaluator`].
///
/// # Errors
/// Those of [`Evaluator::new`] and [`Evaluator::evaluate`].
pub fn evaluate<M: Measure + Clone>(qrels: &Qrels, run: &Run, measures: &[M]) -> Result<Evaluation, Error> {
    Evaluator::new(measures.to_vec())?.evaluate(qrels, run)
}

/// Some measures and the choice of the queries that count.
///
/// The queries that count are those with at least one relevant item in the qrels, unless
/// [`NothingRelevant::Count`] is chosen. A query of the run that is not in the qrels is ignored. A query that
/// counts and that the run lacks scores 0 unless [`MissingQueries::LeaveOut`] is chosen. (trec_eval has both
/// choices the other way; with `-c` the first alone.)
///
/// Queries are evaluated in parallel on rayon's threads, with the same result in any number of them.
///
/// ```
/// use ess_metrics::{Evaluator, MissingQueries, Qrels, RowQrels, Run};
///
/// let evaluator = Evaluator::from_names(["ndcg@10", "recall@100"])?;
///
/// let (mut qrels, mut run) = (Qrels::new(), Run::new("frozen"));
/// for query in ["q1", "q2"] {
///     qrels.insert(query, "d2", 1)?;
/// }
/// run.insert("q1", "d2", 0.7)?;
/// assert_eq!(evaluator.evaluate(&qrels, &run)?.mean("ndcg@10")?, 0.5);
/// let answered = evaluator.clone().missing_queries(MissingQueries::LeaveOut);
/// assert_eq!(answered.evaluate(&qrels, &run)?.mean("ndcg@10")?, 1.0);
///
/// // The same by rows: two queries, both with item 2 as the only relevant one.
/// let qrels = RowQrels::new([[(2, 1)], [(2, 1)]])?;
/// assert_eq!(evaluator.evaluate_rows(&qrels, [vec![2, 5], vec![]])?.mean("ndcg@10")?, 0.5);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluator<M = NamedMeasure> {
    measures: Vec<M>,
    names: Vec<String>,
    missing_queries: MissingQueries,
    nothing_relevant: NothingRelevant,
    relevance_level: RelevanceLevel,
}

impl Evaluator {
    /// An evaluator of measures given by name, such as `ndcg@10`.
    ///
    /// # Errors
    /// Those of parsing a [`NamedMeasure`] and of [`Evaluator::new`].
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        Self::new(names.into_iter().map(str::parse).collect::<Result<_, _>>()?)
    }
}

impl<M: Measure> Evaluator<M> {
    /// An evaluator of one or more measures. For measures of different types, `M` may be `Box<dyn Measure>`.
    ///
    /// # Errors
    /// [`Error::Empty`] without a measure, [`Error::DuplicateMeasure`] when two have the same name.
    pub fn new(measures: Vec<M>) -> Result<Self, Error> {
        if measures.is_empty() {
            return Err(Error::Empty { what: "measures" });
        }
        let names: Vec<String> = measures.iter().map(ToString::to_string).collect();
        let mut distinct = HashSet::new();
        if let Some(name) = names.iter().find(|name| !distinct.insert(name.as_str())) {
            return Err(Error::DuplicateMeasure { name: name.clone() });
        }
        Ok(Self {
            measures,
            names,
            missing_queries: MissingQueries::default(),
            nothing_relevant: NothingRelevant::default(),
            relevance_level: RelevanceLevel::default(),
        })
    }

    /// The names of the measures, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Chooses what becomes of queries that the run lacks.
    #[must_use]
    pub fn missing_queries(mut self, missing_queries: MissingQueries) -> Self {
        self.missing_queries = missing_queries;
        self
    }

    /// Chooses what becomes of judged queries to which nothing is relevant.
    ///
    /// ```
    /// use ess_metrics::{Evaluator, NothingRelevant, RowQrels};
    ///
    /// let evaluator = Evaluator::from_names(["mrr"])?;
    /// let qrels = RowQrels::new([[(0, 1)], [(0, 0)]])?;
    /// assert_eq!(evaluator.evaluate_rows(&qrels, [[0], [0]])?.mean("mrr")?, 1.0);
    /// let all = evaluator.nothing_relevant(NothingRelevant::Count);
    /// assert_eq!(all.evaluate_rows(&qrels, [[0], [0]])?.mean("mrr")?, 0.5);
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    #[must_use]
    pub fn nothing_relevant(mut self, nothing_relevant: NothingRelevant) -> Self {
        self.nothing_relevant = nothing_relevant;
        self
    }

    /// Chooses the lowest grade that is relevant, for measures that know no grades; trec_eval's `-l`. The queries
    /// that count are the same at every level: those with a grade above 0. One without an item of the level scores 0.
    ///
    /// ```
    /// use ess_metrics::{Evaluator, RelevanceLevel, RowQrels};
    ///
    /// let evaluator = Evaluator::from_names(["mrr", "ndcg"])?;
    /// let at_two = evaluator.clone().relevance_level(RelevanceLevel::at_least(2)?);
    /// let qrels = RowQrels::new([[(0, 1), (1, 2)]])?;
    /// let (any, two) = (evaluator.evaluate_rows(&qrels, [[0, 1]])?, at_two.evaluate_rows(&qrels, [[0, 1]])?);
    /// assert_eq!((any.mean("mrr")?, two.mean("mrr")?), (1.0, 0.5));
    /// assert_eq!(any.mean("ndcg")?, two.mean("ndcg")?);
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    #[must_use]
    pub fn relevance_level(mut self, relevance_level: RelevanceLevel) -> Self {
        self.relevance_level = relevance_level;
        self
    }

    /// Measures a run against qrels, queries and items matched by id.
    ///
    /// # Errors
    /// [`Error::NoPositiveJudgement`] when no query has a relevant item, [`Error::NoCommonQuery`] when the
    /// run answers none of those that have, [`Error::NonFinite`] when a measure returns NaN or an infinity.
    pub fn evaluate(&self, qrels: &Qrels, run: &Run) -> Result<Evaluation, Error> {
        let judged = qrels.queries().filter_map(|query| Some((query, qrels.get(query)?)));
        let (mut queries, nothing): (Vec<_>, Vec<_>) =
            judged.partition(|(_, judged)| judged.values().iter().any(|grade| *grade > 0));
        if queries.is_empty() {
            return Err(Error::NoPositiveJudgement { judged: qrels.len() });
        }
        if !queries.iter().any(|(query, _)| run.get(query).is_some()) {
            return Err(Error::NoCommonQuery {
                run: run.name().to_owned(),
                expected: queries.len(),
                found: run.queries().len(),
            });
        }
        if self.nothing_relevant == NothingRelevant::Count {
            queries.extend(nothing);
        }
        if self.missing_queries == MissingQueries::LeaveOut {
            queries.retain(|(query, _)| run.get(query).is_some());
        }
        queries.sort_unstable_by_key(|(query, _)| *query);
        let values: Vec<_> = queries
            .par_iter()
            .map(|(query, judged)| self.values(rank_judged(*judged, run.get(query))))
            .collect();
        let queries = queries.into_iter().map(|(query, _)| query.to_owned()).collect();
        Evaluation::new(queries, self.summed_up(), &values)
    }

    /// Measures rankings by item row, one for each query row, each from the best item down; the order given
    /// is the ranking. A query without hits has an empty ranking and scores 0.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there are as many rankings as queries, [`Error::DuplicateRow`] when a
    /// judged item stands twice in a ranking, [`Error::NoPositiveJudgement`] and [`Error::NonFinite`] as
    /// [`Evaluator::evaluate`].
    pub fn evaluate_rows<R>(
        &self,
        qrels: &RowQrels,
        rankings: impl IntoIterator<Item = R>,
    ) -> Result<Evaluation<usize>, Error>
    where
        R: IntoIterator<Item = usize>,
    {
        let (mut queries, mut values) = (Vec::new(), Vec::new());
        let mut found = 0;
        for ranking in rankings {
            if found < qrels.len() && self.counts(qrels, found) {
                queries.push(found);
                values.push(self.values(qrels.judged_ranking(found, ranking)?));
            }
            found += 1;
        }
        if found != qrels.len() {
            return Err(Error::LengthMismatch {
                what: "rankings, one a query",
                expected: qrels.len(),
                found,
            });
        }
        if !queries.iter().any(|&query| qrels.relevant(query) > 0) {
            return Err(Error::NoPositiveJudgement { judged: qrels.judgements() });
        }
        Evaluation::new(queries, self.summed_up(), &values)
    }

    fn counts(&self, qrels: &RowQrels, query: usize) -> bool {
        let nothing = || self.nothing_relevant == NothingRelevant::Count && qrels.is_judged(query);
        qrels.relevant(query) > 0 || nothing()
    }

    fn values(&self, ranking: JudgedRanking) -> Vec<f64> {
        let ranking = ranking.with_relevance_level(self.relevance_level);
        self.measures.iter().map(|measure| measure.value(&ranking)).collect()
    }

    fn summed_up(&self) -> Vec<(String, Aggregate)> {
        self.names.iter().cloned().zip(self.measures.iter().map(Measure::aggregate)).collect()
    }
}
