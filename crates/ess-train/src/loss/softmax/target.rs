//! The relevant candidates of each query, and what each is worth.

use crate::{data::judgement::Judgement, loss::gain::Gain};

/// A relevant candidate and its share of the query's grades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) candidate: usize,
    pub(super) weight: f32,
}

pub(super) fn targets_of(judgements: &[&[Judgement]], gain: Gain) -> Vec<Vec<Target>> {
    let targets = |judged: &[Judgement]| {
        let relevant = || judged.iter().filter(|judgement| judgement.grade > 0);
        let best = relevant().map(|judgement| judgement.grade).max().unwrap_or(0);
        let sum: f64 = relevant().map(|judgement| gain.of(judgement.grade, best)).sum();
        relevant()
            .map(|judgement| Target {
                candidate: judgement.item,
                weight: (gain.of(judgement.grade, best) / sum) as f32,
            })
            .collect()
    };
    judgements.iter().map(|judged| targets(judged)).collect()
}

/// The items that occur in the targets, which afterwards speak of positions in this list.
pub(super) fn relevant_items(targets: &mut [Vec<Target>]) -> Vec<usize> {
    let mut rows: Vec<usize> = targets.iter().flatten().map(|target| target.candidate).collect();
    rows.sort_unstable();
    rows.dedup();
    for target in targets.iter_mut().flatten() {
        target.candidate = rows.partition_point(|&row| row < target.candidate);
    }
    rows
}
