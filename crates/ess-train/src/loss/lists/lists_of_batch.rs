//! Which items stand in the lists of a batch.

use super::list::Relevant;
use crate::{data::judgement::Judgement, loss::batch::LossBatch};

/// Which items stand in the lists of a batch.
pub(super) enum Lists {
    /// The same for all queries: these rows, or all items.
    Shared { rows: Option<Vec<usize>>, relevant: Vec<Vec<Relevant>> },
    /// A list for each query.
    Own(Vec<OwnList>),
}

/// One query's own candidates.
#[derive(Debug, Default, PartialEq)]
pub(super) struct OwnList {
    pub(super) items: Vec<usize>,
    pub(super) relevant: Vec<Relevant>,
    pub(super) teacher: Vec<f32>,
}

/// The relevant items of all queries, each once, in order.
pub(super) fn relevant_items(batch: &LossBatch<'_>) -> Vec<usize> {
    let judged = batch.judgements().iter().copied().flatten();
    let mut rows: Vec<usize> = judged.filter(|judged| judged.grade > 0).map(|judged| judged.item).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

pub(super) fn relevant_of(batch: &LossBatch<'_>, position: impl Fn(usize) -> usize) -> Vec<Vec<Relevant>> {
    let of_query = |judged: &&[Judgement]| {
        let relevant = judged.iter().filter(|judged| judged.grade > 0);
        let mut relevant: Vec<Relevant> =
            relevant.map(|judged| Relevant { at: position(judged.item), grade: judged.grade }).collect();
        relevant.sort_unstable();
        relevant
    };
    batch.judgements().iter().map(of_query).collect()
}

/// The relevant items, then those judged not relevant, then `others`; each once.
pub(super) fn own_lists(batch: &LossBatch<'_>, others: impl Fn(usize) -> Vec<usize>) -> Vec<OwnList> {
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
}
