//! The items of one step, and what its queries know of them.

use std::collections::{HashMap, HashSet};

use ess_train::{Judgement, TeacherScore};

use super::config::TextTrainingConfig;
use crate::{model::tokenizer::token_ids::TokenIds, training::draws::drawn};

/// Judgements, negatives and a teacher's scores of all training queries, with items of the same text brought together.
pub(super) struct KnownItems {
    /// For each item the first one of the same text.
    first_of_text: Vec<usize>,
    judgements: Vec<Vec<Judgement>>,
    negatives: Vec<Vec<usize>>,
    /// None at all without a teacher.
    teacher: Vec<Vec<TeacherScore>>,
}

/// What a step compares its queries with.
#[derive(Debug, PartialEq)]
pub(super) struct StepItems {
    /// Rows among all items, each text once.
    pub(super) items: Vec<usize>,
    /// Of each query, by row among those.
    pub(super) judgements: Vec<Vec<Judgement>>,
    /// Of each query, by row among those.
    pub(super) negatives: Vec<Vec<usize>>,
    /// What a teacher says of them for each query; none at all without a teacher.
    pub(super) teacher: Vec<Vec<TeacherScore>>,
}

impl KnownItems {
    /// Judgements of the items, and what was mined or given for each query, and scored by a teacher.
    pub(super) fn new(
        items: &[TokenIds],
        judgements: &[Vec<Judgement>],
        mined: &[Vec<usize>],
        teacher: &[Vec<TeacherScore>],
    ) -> Self {
        let mut first = HashMap::new();
        let first_of_text: Vec<usize> =
            items.iter().enumerate().map(|(row, item)| *first.entry(&item.ids).or_insert(row)).collect();
        let merged = |judged: &Vec<Judgement>| {
            let mut grades: Vec<Judgement> = Vec::new();
            for judged in judged {
                let item = first_of_text[judged.item];
                match grades.iter_mut().find(|known| known.item == item) {
                    Some(known) => known.grade = known.grade.max(judged.grade),
                    None => grades.push(Judgement { item, grade: judged.grade }),
                }
            }
            grades
        };
        let judgements: Vec<Vec<Judgement>> = judgements.iter().map(merged).collect();
        let others = |(mined, judged): (&Vec<usize>, &Vec<Judgement>)| {
            let relevant = |item: usize| judged.iter().any(|known| known.item == item && known.grade > 0);
            mined.iter().map(|&item| first_of_text[item]).filter(|&item| !relevant(item)).collect()
        };
        let negatives = mined.iter().zip(&judgements).map(others).collect();
        let scored = |scores: &Vec<TeacherScore>| {
            let mut seen = HashSet::new();
            let moved = scores
                .iter()
                .map(|scored| TeacherScore { item: first_of_text[scored.item], score: scored.score });
            moved.filter(|scored| seen.insert(scored.item)).collect()
        };
        let teacher = teacher.iter().map(scored).collect();
        Self { first_of_text, judgements, negatives, teacher }
    }

    /// How many items share their text with one before them.
    pub(super) fn copies(&self) -> usize {
        self.first_of_text.iter().enumerate().filter(|(row, first)| row != *first).count()
    }

    /// What the queries in these rows are compared with.
    pub(super) fn of_step(&self, config: &TextTrainingConfig, rows: &[usize], step: usize) -> StepItems {
        let mut items: Vec<usize> = Vec::new();
        let mut positions = HashMap::new();
        let mut position = |item: usize| {
            *positions.entry(item).or_insert_with(|| {
                items.push(item);
                items.len() - 1
            })
        };
        let mut negatives = Vec::with_capacity(rows.len());
        for &row in rows {
            let relevant = self.judgements[row].iter().filter(|known| known.grade > 0);
            let relevant: Vec<usize> = relevant.map(|known| known.item).collect();
            for item in drawn(&relevant, config.positives_per_query, config.seed, (step, row, 0)) {
                position(item);
            }
            let mined = self.negatives.get(row).map(Vec::as_slice).unwrap_or_default();
            let own = drawn(mined, config.negatives_per_query, config.seed, (step, row, 1));
            negatives.push(own.into_iter().map(&mut position).collect());
        }
        let judged = |&row: &usize| {
            let known = self.judgements[row].iter();
            let placed = |known: &Judgement| Some(Judgement { item: *positions.get(&known.item)?, ..*known });
            known.filter_map(placed).collect()
        };
        let scored = |scores: &Vec<TeacherScore>| {
            let placed =
                |known: &TeacherScore| Some(TeacherScore { item: *positions.get(&known.item)?, ..*known });
            scores.iter().filter_map(placed).collect()
        };
        let judgements = rows.iter().map(judged).collect();
        let teacher = rows.iter().filter_map(|&row| self.teacher.get(row)).map(scored).collect();
        StepItems { items, judgements, negatives, teacher }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_several_queries_and_copies_of_a_text_stand_once_and_count_as_relevant() {
        let text = |id: u32| TokenIds { ids: vec![id], types: vec![0] };
        // Item 3 is a copy of item 1.
        let items = [text(7), text(8), text(9), text(8)];
        let judged = |item, grade| Judgement { item, grade };
        let judgements =
            [vec![judged(0, 1), judged(2, 0)], vec![judged(3, 2), judged(0, 1)], vec![judged(1, 1)]];
        let score = |item, score| TeacherScore { item, score };
        let teacher = [vec![score(0, 3.0), score(1, 1.0)], vec![], vec![score(3, 2.0), score(1, 9.0)]];
        let known = KnownItems::new(&items, &judgements, &[vec![2], vec![2, 1], vec![2]], &teacher);
        assert_eq!(known.copies(), 1);
        let config = TextTrainingConfig { positives_per_query: 9, ..TextTrainingConfig::default() };
        let step = known.of_step(&config, &[0, 1, 2], 1);
        assert_eq!(step.items, [0, 2, 1]);
        assert_eq!(step.judgements[0], [judged(0, 1), judged(1, 0)]);
        assert_eq!(step.judgements[1], [judged(2, 2), judged(0, 1)]);
        assert_eq!(step.judgements[2], [judged(2, 1)]);
        // What is relevant under another row is no negative.
        assert_eq!(step.negatives, [vec![1], vec![1], vec![1]]);
        // Of two copies the score that comes first holds; a score stands wherever the item does.
        assert_eq!(step.teacher, [vec![score(0, 3.0), score(2, 1.0)], vec![], vec![score(2, 2.0)]]);
    }
}
