//! Losses that look at a list of candidates for each query.

use burn::tensor::Tensor;
use ess_search::embeddings_from_tensor;

use crate::{
    data::{items::Items, judgement::Judgement},
    error::Error,
    loss::{batch::LossBatch, candidates::Candidates, value::LossValue},
};

#[cfg(test)]
mod agreement;
mod host;
pub(super) mod tensors;

/// A loss of the similarities between one query and its candidates.
pub(super) trait ListLoss: Sync {
    /// The loss of a list. Adds to `slopes` (zeros on entry) the derivative with respect to each similarity.
    fn of_list(&self, list: &List<'_>, slopes: &mut [f32]) -> f64;
}

/// One query's candidates.
pub(super) struct List<'a> {
    /// The similarity of each candidate.
    pub(super) similarities: &'a [f32],
    /// Those that are relevant, in order of their indices.
    pub(super) relevant: &'a [Relevant],
    /// The teacher's score of each candidate; empty without a teacher.
    pub(super) teacher: &'a [f32],
}

/// A relevant candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Relevant {
    /// Its index in the list.
    pub(super) at: usize,
    /// Its grade, above 0.
    pub(super) grade: i32,
}

impl List<'_> {
    /// Calls `visit(higher, lower)` with every pair of candidates of which the first has the higher grade; returns the
    /// number of pairs.
    pub(super) fn for_pairs(&self, mut visit: impl FnMut(Relevant, Relevant)) -> usize {
        let mut pairs = 0;
        for &higher in self.relevant {
            let mut next = self.relevant.iter().peekable();
            for at in 0..self.similarities.len() {
                let grade = next.next_if(|relevant| relevant.at == at).map_or(0, |relevant| relevant.grade);
                if grade < higher.grade {
                    visit(higher, Relevant { at, grade });
                    pairs += 1;
                }
            }
        }
        pairs
    }

    /// The best grade.
    pub(super) fn best_grade(&self) -> i32 {
        self.relevant.iter().map(|relevant| relevant.grade).max().unwrap_or(0)
    }
}

/// Which items stand in the lists of a batch.
enum Lists {
    /// The same for all queries: these rows, or all items.
    Shared { rows: Option<Vec<usize>>, relevant: Vec<Vec<Relevant>> },
    /// A list for each query.
    Own(Vec<OwnList>),
}

/// One query's own candidates.
#[derive(Debug, Default, PartialEq)]
struct OwnList {
    items: Vec<usize>,
    relevant: Vec<Relevant>,
    teacher: Vec<f32>,
}

/// A list loss with what each query of a batch weighs in it.
struct Weighed<'a> {
    loss: &'a dyn ListLoss,
    weights: Vec<f32>,
}

impl Weighed<'_> {
    /// The loss of a query's list, times its weight. Adds to `slopes` (zeros on entry) its derivatives.
    fn of_list(&self, query: usize, list: &List<'_>, slopes: &mut [f32]) -> f64 {
        let (value, weight) = (self.loss.of_list(list, slopes), self.weights[query]);
        slopes.iter_mut().for_each(|slope| *slope *= weight);
        value * f64::from(weight)
    }
}

/// A loss and its slopes summed into gradients, before they become tensors.
struct Sums {
    loss: f64,
    gradient: Tensor<2>,
    item_gradient: Option<Tensor<2>>,
}

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
            let place = |item: usize| rows.partition_point(|&row| row < item);
            let relevant = relevant_of(batch, place);
            Lists::Shared { rows: Some(rows), relevant }
        }
        Candidates::Negatives => Lists::Own(own_lists(batch, |query| batch.negatives_of(query).to_vec())),
        Candidates::Top(k) => {
            let mapped = embeddings_from_tensor(queries.clone())?;
            let hits = items.index()?.search(&mapped, k)?;
            Lists::Own(own_lists(batch, |query| hits[query].iter().map(|hit| hit.item).collect()))
        }
    };
    evaluate_lists(loss, queries, batch, items, &lists)
}

/// The mean of a list loss over a batch, against the items that a teacher scored.
pub(super) fn evaluate_teacher(
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
    let sums = match items.on_cpu() {
        true => host::evaluate(loss, queries, lists, items, wanted)?,
        false => tensors::evaluate(loss, queries, lists, items, wanted)?,
    };
    let n = batch.len() as f32;
    Ok(LossValue {
        loss: sums.loss / f64::from(n),
        gradient: sums.gradient / n,
        item_gradient: sums.item_gradient.map(|gradient| gradient / n),
    })
}

/// The relevant items of all queries, each once, in order.
fn relevant_items(batch: &LossBatch<'_>) -> Vec<usize> {
    let judged = batch.judgements().iter().copied().flatten();
    let mut rows: Vec<usize> = judged.filter(|judged| judged.grade > 0).map(|judged| judged.item).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn relevant_of(batch: &LossBatch<'_>, place: impl Fn(usize) -> usize) -> Vec<Vec<Relevant>> {
    let of_query = |judged: &&[Judgement]| {
        let relevant = judged.iter().filter(|judged| judged.grade > 0);
        let mut relevant: Vec<Relevant> =
            relevant.map(|judged| Relevant { at: place(judged.item), grade: judged.grade }).collect();
        relevant.sort_unstable();
        relevant
    };
    batch.judgements().iter().map(of_query).collect()
}

/// The relevant items, then those judged not relevant, then `others`; each once.
fn own_lists(batch: &LossBatch<'_>, others: impl Fn(usize) -> Vec<usize>) -> Vec<OwnList> {
    let of_query = |(query, judged): (usize, &&[Judgement])| {
        let (positive, negative): (Vec<Judgement>, Vec<Judgement>) =
            judged.iter().copied().partition(|judged| judged.grade > 0);
        let relevant = positive.iter().enumerate().map(|(at, judged)| Relevant { at, grade: judged.grade });
        let relevant = relevant.collect();
        let mut items: Vec<usize> = positive.iter().chain(&negative).map(|judged| judged.item).collect();
        let judged: std::collections::HashSet<usize> = items.iter().copied().collect();
        items.extend(others(query).into_iter().filter(|item| !judged.contains(item)));
        OwnList { items, relevant, teacher: Vec::new() }
    };
    batch.judgements().iter().enumerate().map(of_query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judged_items_come_first_and_no_item_twice() {
        let judged = [(4, 0), (2, 3), (7, 1)].map(|(item, grade)| Judgement { item, grade });
        let batch = LossBatch::new(vec![&judged]).with_negatives(vec![&[7, 5, 4, 1]]);
        let lists = own_lists(&batch, |query| batch.negatives_of(query).to_vec());
        assert_eq!(lists[0].items, [2, 7, 4, 5, 1]);
        assert_eq!(lists[0].relevant, [Relevant { at: 0, grade: 3 }, Relevant { at: 1, grade: 1 }]);
    }

    #[test]
    fn pairs_are_those_of_different_grades() {
        let relevant = [Relevant { at: 1, grade: 2 }, Relevant { at: 3, grade: 1 }];
        let list = List { similarities: &[0.0; 5], relevant: &relevant, teacher: &[] };
        let mut pairs = Vec::new();
        assert_eq!(list.for_pairs(|higher, lower| pairs.push((higher.at, lower.at))), 7);
        assert_eq!(pairs, [(1, 0), (1, 2), (1, 3), (1, 4), (3, 0), (3, 2), (3, 4)]);
    }
}
