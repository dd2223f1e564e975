//! What a loss gets of a batch.

use std::sync::Arc;

use burn::tensor::Tensor;
use ess_core::Scoring;

use crate::{
    data::{judgement::Judgement, teacher::TeacherScore},
    error::Error,
};

/// The data of the `n` queries of a batch, apart from their mapped vectors.
///
/// ```
/// use ess_train::{Judgement, LossBatch};
///
/// let relevant: &[Judgement] = &[Judgement { item: 1, grade: 1 }];
/// let batch = LossBatch::new(vec![relevant]).with_negatives(vec![&[0, 2]]);
/// assert_eq!((batch.len(), batch.negatives_of(0)), (1, &[0, 2][..]));
/// assert!(batch.teacher_of(0).is_empty() && !batch.wants_item_gradient() && !batch.has_lasting_items());
/// // The seventh query of the training set counts twice.
/// let batch = batch.with_weights(vec![2.0]).with_rows(vec![6]);
/// assert_eq!((batch.weight_of(0), batch.row_of(0)), (2.0, 6));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LossBatch<'a> {
    judgements: Vec<&'a [Judgement]>,
    teacher: Vec<&'a [TeacherScore]>,
    negatives: Vec<&'a [usize]>,
    weights: Vec<f32>,
    rows: Vec<usize>,
    frozen: Option<Tensor<2>>,
    item_gradient: bool,
    lasting_items: bool,
    scoring: Option<Arc<dyn Scoring>>,
}

impl<'a> LossBatch<'a> {
    /// A batch of queries with these judgements, as a [`QuerySet`](crate::QuerySet) has checked them.
    pub fn new(judgements: Vec<&'a [Judgement]>) -> Self {
        Self { judgements, ..Self::default() }
    }

    /// Adds a teacher's scores for each query.
    #[must_use]
    pub fn with_teacher(mut self, teacher: Vec<&'a [TeacherScore]>) -> Self {
        self.teacher = teacher;
        self
    }

    /// Adds the rows of items that are not relevant, for each query.
    #[must_use]
    pub fn with_negatives(mut self, negatives: Vec<&'a [usize]>) -> Self {
        self.negatives = negatives;
        self
    }

    /// Adds the weight of each query's loss.
    #[must_use]
    pub fn with_weights(mut self, weights: Vec<f32>) -> Self {
        self.weights = weights;
        self
    }

    /// Adds the row of each query in the training set.
    #[must_use]
    pub fn with_rows(mut self, rows: Vec<usize>) -> Self {
        self.rows = rows;
        self
    }

    /// Adds the vectors that the identity gives for the queries, `n × d_item`.
    #[must_use]
    pub fn with_frozen(mut self, frozen: Tensor<2>) -> Self {
        self.frozen = Some(frozen);
        self
    }

    /// Asks for the gradient with respect to the items too.
    #[must_use]
    pub fn with_item_gradient(mut self, wanted: bool) -> Self {
        self.item_gradient = wanted;
        self
    }

    /// Says that many steps have the same [`Items`](crate::Items), so that what a loss makes of them is worth keeping with them.
    /// Default: no.
    #[must_use]
    pub fn with_lasting_items(mut self, lasting: bool) -> Self {
        self.lasting_items = lasting;
        self
    }

    /// Says that mapped queries are rows of a scoring (`n × width`), and what it is. Without it they are vectors in the item space.
    #[must_use]
    pub fn with_scoring(mut self, scoring: Option<Arc<dyn Scoring>>) -> Self {
        self.scoring = scoring;
        self
    }

    /// The number of queries, `n`.
    pub fn len(&self) -> usize {
        self.judgements.len()
    }

    /// Whether there is no query.
    pub fn is_empty(&self) -> bool {
        self.judgements.is_empty()
    }

    /// The judgements of each query; at least one item is relevant to each.
    pub fn judgements(&self) -> &[&'a [Judgement]] {
        &self.judgements
    }

    /// A teacher's scores for a query; empty without a teacher.
    pub fn teacher_of(&self, query: usize) -> &'a [TeacherScore] {
        self.teacher.get(query).copied().unwrap_or_default()
    }

    /// Items that are not relevant to a query; empty where none were given or mined.
    pub fn negatives_of(&self, query: usize) -> &'a [usize] {
        self.negatives.get(query).copied().unwrap_or_default()
    }

    /// The weight of a query's loss in the mean over the batch; 1 where no weights were given. The trainer scales the weights
    /// of a [`QuerySet`](crate::QuerySet) to a mean of 1 over the training set.
    pub fn weight_of(&self, query: usize) -> f32 {
        self.weights.get(query).copied().unwrap_or(1.0)
    }

    /// The weights of all queries, in order.
    pub fn weights(&self) -> Vec<f32> {
        (0..self.len()).map(|query| self.weight_of(query)).collect()
    }

    /// The row of a query in the training set ([`QuerySet::rows`](crate::QuerySet::rows)), by which a loss can look up its
    /// own data. Its index in the batch where no rows were given.
    pub fn row_of(&self, query: usize) -> usize {
        self.rows.get(query).copied().unwrap_or(query)
    }

    /// The vectors that the identity gives for the queries, `n × d_item`.
    ///
    /// # Errors
    /// [`Error::Missing`] where there are none: the loss did not ask for them in [`Loss::needs`](crate::Loss::needs),
    /// or queries and items are of different spaces.
    pub fn frozen(&self) -> Result<&Tensor<2>, Error> {
        self.frozen
            .as_ref()
            .ok_or(Error::Missing { what: "the vectors that the identity gives for the queries" })
    }

    /// How mapped queries are compared with items where that is not the inner product. Only a loss that
    /// [`Loss::takes_scoring`](crate::Loss::takes_scoring) meets one.
    pub fn scoring(&self) -> Option<&dyn Scoring> {
        self.scoring.as_deref()
    }

    /// Whether items are trained, so that the loss must return the gradient with respect to them.
    pub fn wants_item_gradient(&self) -> bool {
        self.item_gradient
    }

    /// Whether many steps have the same [`Items`](crate::Items), as in all trainings of a searching module alone.
    pub fn has_lasting_items(&self) -> bool {
        self.lasting_items
    }
}
