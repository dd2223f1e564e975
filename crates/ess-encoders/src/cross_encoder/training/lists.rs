//! Which pairs a step has: for each of its queries a list of items.

use std::collections::{HashMap, HashSet};

use super::{
    config::{PairLoss, PairTrainingConfig},
    texts::PairTexts,
};
use crate::{
    error::Error,
    training::draws::{drawn, drawn_below},
};

/// What is known of each training query.
pub(super) struct KnownLists {
    queries: Vec<KnownQuery>,
    items: usize,
}

struct KnownQuery {
    /// Relevant items that may stand in a list.
    positives: Vec<usize>,
    /// What negatives are drawn from; empty for all items.
    pool: Vec<usize>,
    /// Items that are relevant, and copies of them.
    excluded: HashSet<usize>,
    /// A teacher's scores, where lists are made for one.
    scores: HashMap<usize, f32>,
}

/// The items that a query is read with in one step.
#[derive(Debug, PartialEq)]
pub(super) struct List {
    /// The query's row.
    pub(super) query: usize,
    /// Rows of items, each once: a relevant one first, if there is any, then negatives.
    pub(super) items: Vec<usize>,
    /// How many of them are relevant: none or one.
    pub(super) relevant: usize,
    /// A teacher's score of each; empty without a teacher.
    pub(super) teacher: Vec<f32>,
}

impl KnownLists {
    /// Takes texts that were checked.
    ///
    /// # Errors
    /// [`Error::NoNegative`] for a query whose relevant item could stand beside no other.
    pub(super) fn new(
        config: &PairTrainingConfig,
        items: &[&str],
        train: &PairTexts<'_>,
    ) -> Result<Self, Error> {
        let mut copies: HashMap<&str, Vec<usize>> = HashMap::new();
        items.iter().enumerate().for_each(|(row, &text)| copies.entry(text).or_default().push(row));
        let known = |query: usize| {
            let judged = &train.queries.judgements()[query];
            let positives: Vec<usize> =
                judged.iter().filter(|known| known.grade > 0).map(|known| known.item).collect();
            let alike = positives.iter().flat_map(|&item| &copies[items[item]]);
            let excluded: HashSet<usize> = alike.copied().collect();
            let known = match config.loss {
                PairLoss::Teacher => taught(train, query, positives, excluded),
                _ => judged_alone(config, train, query, positives, excluded),
            };
            known.check(config, query, items.len())
        };
        let queries = (0..train.queries.texts().len()).map(known).collect::<Result<_, _>>()?;
        Ok(Self { queries, items: items.len() })
    }

    /// The list of a query in a step.
    pub(super) fn of_step(&self, config: &PairTrainingConfig, query: usize, step: usize) -> List {
        let known = &self.queries[query];
        let mut items = drawn(&known.positives, 1, config.seed, (step, query, 0));
        let relevant = items.len();
        let most = config.negatives_per_positive;
        items.extend(match known.pool.is_empty() {
            true => known.drawn_from_all(self.items, most, config.seed, (step, query, 1)),
            false => drawn(&known.pool, most, config.seed, (step, query, 1)),
        });
        let teacher = items.iter().filter_map(|item| known.scores.get(item).copied()).collect();
        List { query, items, relevant, teacher }
    }
}

impl KnownQuery {
    /// Negatives among all items: as many more are drawn as could be none.
    fn drawn_from_all(&self, items: usize, most: usize, seed: u64, key: (usize, usize, u64)) -> Vec<usize> {
        let drawn = drawn_below(items, most.saturating_add(self.excluded.len()), seed, key);
        drawn.into_iter().filter(|item| !self.excluded.contains(item)).take(most).collect()
    }

    fn check(self, config: &PairTrainingConfig, query: usize, items: usize) -> Result<Self, Error> {
        let reason = match config.loss {
            PairLoss::Teacher if self.positives.len().min(1) + self.pool.len() < 2 => {
                "the teacher scores fewer than two items of it, copies of relevant ones left out"
            }
            PairLoss::Teacher => return Ok(self),
            _ if self.pool.is_empty() && self.excluded.len() == items => {
                "every item is relevant to it, or has the text of one that is"
            }
            _ => return Ok(self),
        };
        Err(Error::NoNegative { query, reason })
    }
}

/// Lists of what was judged, and of candidates.
fn judged_alone(
    config: &PairTrainingConfig,
    train: &PairTexts<'_>,
    query: usize,
    positives: Vec<usize>,
    excluded: HashSet<usize>,
) -> KnownQuery {
    let candidates = train.candidates[query].iter().take(config.negative_depth);
    let not_relevant = train.queries.judgements()[query].iter().filter(|known| known.grade <= 0);
    let not_relevant = not_relevant.map(|known| &known.item).filter(|_| !train.candidates[query].is_empty());
    let mut seen = excluded.clone();
    let pool = candidates.chain(not_relevant).copied().filter(|&item| seen.insert(item)).collect();
    KnownQuery { positives, pool, excluded, scores: HashMap::new() }
}

/// Lists of what a teacher scores.
fn taught(
    train: &PairTexts<'_>,
    query: usize,
    mut positives: Vec<usize>,
    excluded: HashSet<usize>,
) -> KnownQuery {
    let scored = &train.teacher[query];
    let scores: HashMap<usize, f32> = scored.iter().map(|known| (known.item, known.score)).collect();
    positives.retain(|item| scores.contains_key(item));
    let pool = scored.iter().map(|known| known.item).filter(|item| !excluded.contains(item)).collect();
    KnownQuery { positives, pool, excluded, scores }
}

#[cfg(test)]
mod tests {
    use ess_train::{Judgement, TeacherScore};
    use proptest::prelude::*;

    use super::*;
    use crate::training::texts::JudgedTexts;

    const ITEMS: [&str; 6] = ["a", "b", "c", "b", "d", "e"];

    fn texts(judged: &[(usize, i32)], candidates: &[usize]) -> PairTexts<'static> {
        let judged = judged.iter().map(|&(item, grade)| Judgement { item, grade }).collect();
        let queries = JudgedTexts::new(vec!["q"], vec![judged]).unwrap();
        PairTexts::new(queries).with_candidates(vec![candidates.to_vec()]).unwrap()
    }

    fn of_step(config: &PairTrainingConfig, texts: &PairTexts<'_>, step: usize) -> List {
        KnownLists::new(config, &ITEMS, texts).unwrap().of_step(config, 0, step)
    }

    #[test]
    fn negatives_are_the_first_candidates_that_are_no_copies_of_what_is_relevant_and_what_was_judged_so() {
        let config = PairTrainingConfig { negative_depth: 3, ..PairTrainingConfig::default() };
        let list = of_step(&config, &texts(&[(1, 2), (5, 0)], &[3, 1, 4, 0, 2]), 1);
        assert_eq!(list, List { query: 0, items: vec![1, 4, 5], relevant: 1, teacher: vec![] });
    }

    #[test]
    fn a_teacher_s_lists_have_what_it_scores() {
        let config = PairTrainingConfig { loss: PairLoss::Teacher, ..PairTrainingConfig::default() };
        let scored = |rows: &[usize]| {
            let scores = rows.iter().map(|&item| TeacherScore { item, score: item as f32 }).collect();
            texts(&[(1, 1), (0, 1)], &[2]).with_teacher(vec![scores]).unwrap()
        };
        let list = of_step(&config, &scored(&[4, 1, 5]), 1);
        assert_eq!(list, List { query: 0, items: vec![1, 4, 5], relevant: 1, teacher: vec![1.0, 4.0, 5.0] });
        let few = KnownLists::new(&config, &ITEMS, &scored(&[1, 3])).map(drop);
        assert!(matches!(few, Err(Error::NoNegative { query: 0, .. })), "{few:?}");
    }

    #[test]
    fn a_query_to_which_all_is_relevant_is_refused() {
        let all: Vec<(usize, i32)> = (0..6).filter(|&item| item != 3).map(|item| (item, 1)).collect();
        let found = KnownLists::new(&PairTrainingConfig::default(), &ITEMS, &texts(&all, &[])).map(drop);
        assert!(matches!(found, Err(Error::NoNegative { query: 0, .. })), "{found:?}");
    }

    proptest! {
        #[test]
        fn a_list_has_one_relevant_item_and_different_others(
            relevant in 0usize..6, candidates in proptest::collection::vec(0usize..6, 0..8), most in 1usize..5,
            step in 1usize..50, seed in 0u64..9,
        ) {
            let config =
                PairTrainingConfig { negatives_per_positive: most, seed, ..PairTrainingConfig::default() };
            let texts = texts(&[(relevant, 1)], &candidates);
            let list = of_step(&config, &texts, step);
            prop_assert_eq!(&list, &of_step(&config, &texts, step));
            prop_assert_eq!((list.items[0], list.relevant), (relevant, 1));
            prop_assert!((2..=1 + most).contains(&list.items.len()));
            let mut others = list.items[1..].to_vec();
            others.sort_unstable();
            others.dedup();
            prop_assert_eq!(others.len() + 1, list.items.len());
            prop_assert!(others.iter().all(|&item| ITEMS[item] != ITEMS[relevant]));
        }
    }
}
