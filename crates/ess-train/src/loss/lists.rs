//! Losses that look at a list of candidates for each query.

use burn::tensor::Tensor;
use ess_core::Scored;
use ess_search::embeddings_from_tensor;

use super::{batch::LossBatch, candidates::Candidates, needs::Needs, value::LossValue};
use crate::{data::items::Items, error::Error};

#[cfg(test)]
mod agreement;
mod host;
pub(super) mod list;
mod lists_of_batch;
mod scored;
mod sums;
pub(super) mod tensors;
mod weighed;

use list::{ListLoss, Relevant};
use lists_of_batch::{Lists, OwnList, own_lists, relevant_items, relevant_of};
use weighed::Weighed;

/// Which list a query has.
pub(super) enum ListSource {
    /// The candidates named.
    Candidates(Candidates),
    /// The items that a teacher scored.
    Teacher,
}

impl ListSource {
    pub(super) fn needs(&self) -> Needs {
        match self {
            Self::Candidates(candidates) => candidates.needs(),
            Self::Teacher => Needs { teacher: true, ..Needs::default() },
        }
    }

    /// The mean of a list loss over a batch.
    pub(super) fn evaluate(
        &self,
        loss: &dyn ListLoss,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        match self {
            Self::Candidates(candidates) => evaluate(loss, queries, batch, items, *candidates),
            Self::Teacher => evaluate_teacher(loss, queries, batch, items),
        }
    }
}

/// `impl Loss` for a kind that is a list loss, over the lists that its settings say: `loss_over_lists!(Triplet, |loss| …)`.
macro_rules! loss_over_lists {
    ($kind:ty, |$loss:ident| $source:expr) => {
        impl $kind {
            fn source(&self) -> $crate::loss::lists::ListSource {
                let $loss = self;
                $source
            }
        }

        impl $crate::loss::kind::Loss for $kind {
            fn evaluate(
                &self,
                queries: burn::tensor::Tensor<2>,
                batch: &$crate::loss::batch::LossBatch<'_>,
                items: &$crate::data::items::Items<'_>,
            ) -> Result<$crate::loss::value::LossValue, $crate::error::Error> {
                self.source().evaluate(self, queries, batch, items)
            }

            fn config(&self) -> $crate::loss::kind::LossConfig {
                $crate::loss::kind::LossConfig::of(self.clone())
            }

            fn needs(&self) -> $crate::loss::needs::Needs {
                self.source().needs()
            }

            fn takes_scoring(&self) -> bool {
                true
            }
        }
    };
}

pub(super) use loss_over_lists;

/// The mean of a list loss over a batch, against the candidates named.
pub(super) fn evaluate(
    loss: &dyn ListLoss,
    queries: Tensor<2>,
    batch: &LossBatch<'_>,
    items: &Items<'_>,
    candidates: Candidates,
) -> Result<LossValue, Error> {
    let lists = match candidates {
        Candidates::AllItems => Lists::Shared { rows: None, relevant: relevant_of(batch, |item| item) },
        Candidates::InBatch => {
            let rows = relevant_items(batch);
            let position = |item: usize| rows.partition_point(|&row| row < item);
            let relevant = relevant_of(batch, position);
            Lists::Shared { rows: Some(rows), relevant }
        }
        Candidates::Negatives => Lists::Own(own_lists(batch, |query| batch.negatives_of(query).to_vec())),
        Candidates::Top(k) => {
            let mapped = embeddings_from_tensor(queries.clone())?;
            let hits = match batch.scoring() {
                Some(scoring) => Scored::new(scoring).search(&mapped, items.embeddings(), k)?,
                None => items.index()?.search(&mapped, k)?,
            };
            Lists::Own(own_lists(batch, |query| hits[query].iter().map(|hit| hit.item).collect()))
        }
    };
    evaluate_lists(loss, queries, batch, items, &lists)
}

/// The mean of a list loss over a batch, against the items that a teacher scored.
fn evaluate_teacher(
    loss: &dyn ListLoss,
    queries: Tensor<2>,
    batch: &LossBatch<'_>,
    items: &Items<'_>,
) -> Result<LossValue, Error> {
    let scored = |query: usize| {
        let scores = batch.teacher_of(query);
        let grade =
            |item| batch.judgements()[query].iter().find(|judged| judged.item == item).map(|j| j.grade);
        let graded = scores.iter().enumerate().filter_map(|(at, score)| Some((at, grade(score.item)?)));
        OwnList {
            items: scores.iter().map(|score| score.item).collect(),
            relevant: graded
                .filter(|&(_, grade)| grade > 0)
                .map(|(at, grade)| Relevant { at, grade })
                .collect(),
            teacher: scores.iter().map(|score| score.score).collect(),
        }
    };
    let lists = Lists::Own((0..batch.len()).map(scored).collect());
    evaluate_lists(loss, queries, batch, items, &lists)
}

fn evaluate_lists(
    loss: &dyn ListLoss,
    queries: Tensor<2>,
    batch: &LossBatch<'_>,
    items: &Items<'_>,
    lists: &Lists,
) -> Result<LossValue, Error> {
    let wanted = batch.wants_item_gradient();
    let loss = &Weighed { loss, weights: batch.weights() };
    let sums = match batch.scoring() {
        Some(scoring) => scored::evaluate(loss, queries, lists, items, scoring, wanted)?,
        None if items.on_cpu() => host::evaluate(loss, queries, lists, items, wanted)?,
        None => tensors::evaluate(loss, queries, lists, items, wanted)?,
    };
    let n = batch.len() as f32;
    Ok(LossValue {
        loss: sums.loss / f64::from(n),
        gradient: sums.gradient / n,
        item_gradient: sums.item_gradient.map(|gradient| gradient / n),
    })
}
