//! Dev queries, and how good a searching module is on them.

use ess_core::{Embeddings, Hit, Index, Scored, SearchModule};
use ess_index::FlatIndex;
use ess_metrics::{Evaluator, NamedMeasure, RowQrels};
use ess_search::{DeviceEncoding, TwoSided};

use super::{
    items::Items,
    looks::{Looks, Seen},
    query_set::definition::QuerySet,
};
use crate::error::Error;

/// The depth of the ranking for a measure without a cutoff.
const UNCUT_DEPTH: usize = 1000;

/// Queries held out of training, the items they search, and the measure that judges a searching module on them.
///
/// It takes note of the values of every module that was measured on it, and keeps those of up to 512.
/// [`GuardDecision`](crate::GuardDecision) corrects for the choice among them all.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, Identity};
/// use ess_train::{DevSet, Items, Judgement, QuerySet};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let queries = QuerySet::new(
///     Embeddings::from_rows(&[[0.9, 0.1]])?,
///     vec![vec![Judgement { item: 0, grade: 1 }]],
/// )?;
/// let dev = DevSet::new(&queries, &items, "mrr@10".parse()?)?;
/// assert_eq!(dev.mean(&Identity::new(2))?, 1.0);
/// # Ok::<(), ess_train::Error>(())
/// ```
pub struct DevSet<'a, E> {
    queries: &'a QuerySet<E>,
    items: &'a Items<'a>,
    qrels: RowQrels,
    evaluator: Evaluator,
    depth: usize,
    looks: Looks,
}

impl<'a, E: DeviceEncoding> DevSet<'a, E> {
    /// Dev queries over these items, judged by this measure.
    ///
    /// # Errors
    /// [`Error::UnknownItem`] for a judgement of an item that does not exist.
    pub fn new(queries: &'a QuerySet<E>, items: &'a Items<'a>, measure: NamedMeasure) -> Result<Self, Error> {
        let count = items.embeddings().len();
        queries.check_items(count)?;
        let grades = queries.judgements().iter().map(|judged| judged.iter().map(|j| (j.item, j.grade)));
        let depth = measure.cutoff().k().unwrap_or(UNCUT_DEPTH);
        let (qrels, evaluator) = (RowQrels::new(grades)?, Evaluator::new(vec![measure])?);
        Ok(Self { queries, items, qrels, evaluator, depth, looks: Looks::default() })
    }

    /// The queries.
    pub fn queries(&self) -> &QuerySet<E> {
        self.queries
    }

    /// The measure for each query, in order.
    ///
    /// # Errors
    /// Those of the module and of the index.
    pub fn per_query(&self, module: &dyn SearchModule<E>) -> Result<Vec<f64>, Error> {
        let mapped = module.apply(self.queries.encodings())?;
        match module.scoring() {
            Some(scoring) => {
                let depth = self.hits();
                self.of_hits(&Scored::new(&*scoring).search(&mapped, self.items.embeddings(), depth)?)
            }
            None => self.per_query_in(self.items.index()?, &mapped),
        }
    }

    /// How many hits of a query are looked at.
    fn hits(&self) -> usize {
        self.depth + usize::from(!self.queries.left_out().is_empty())
    }

    /// The measure for each query, in order, with mapped queries (`n × d_item`) and another index of the same items.
    pub(crate) fn per_query_in(&self, index: &dyn Index, mapped: &Embeddings) -> Result<Vec<f64>, Error> {
        self.of_hits(&index.search(mapped, self.hits())?)
    }

    fn of_hits(&self, hits: &[Vec<Hit>]) -> Result<Vec<f64>, Error> {
        let left_out = self.queries.left_out();
        let rankings = hits.iter().enumerate().map(|(query, hits)| {
            let left_out = left_out.get(query).copied().flatten();
            hits.iter().map(|hit| hit.item).filter(move |item| Some(*item) != left_out).take(self.depth)
        });
        let evaluation = self.evaluator.evaluate_rows(&self.qrels, rankings)?;
        let values = evaluation.measures()[0].per_query.clone();
        self.looks.note(&values);
        Ok(values)
    }

    /// Adds the values of a module that was measured before the process was restarted.
    pub(crate) fn note(&self, values: &[f64]) {
        self.looks.note(values);
    }

    /// What was measured on these queries.
    pub(crate) fn seen(&self) -> Seen {
        self.looks.all()
    }

    /// The mean of the measure over the queries.
    ///
    /// # Errors
    /// Those of the module and of the index.
    pub fn mean(&self, module: &dyn SearchModule<E>) -> Result<f64, Error> {
        Ok(mean(&self.per_query(module)?))
    }
}

/// The mean over the queries.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl DevSet<'_, Embeddings> {
    /// The measure for each query, in order, with trained items.
    ///
    /// # Errors
    /// Those of the two sides and of the index.
    pub fn per_query_of_sides(&self, sides: &TwoSided) -> Result<Vec<f64>, Error> {
        match sides.map_items(self.items.embeddings())? {
            None => self.per_query(sides.query_side()),
            Some(moved) => {
                let mapped = sides.query_side().apply(self.queries.encodings())?;
                let index = FlatIndex::new(moved).map_err(ess_core::Error::from)?;
                self.per_query_in(&index, &mapped)
            }
        }
    }
}
