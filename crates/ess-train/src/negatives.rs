//! Negatives mined from an index.

use ess_core::{Embeddings, Index};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{Error, Judgement, TeacherScore, matmul::dot};

/// Which of the items near a query become its negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// The most similar.
    #[default]
    Top,
    /// Drawn at random.
    Random,
}

/// How negatives are mined: items that the index finds near the mapped query and nobody called relevant.
///
/// Judgements are never complete, so the nearest of them are often relevant after all. Margins drop those that come too
/// near the query's most similar relevant item (as `mine_hard_negatives` of sentence-transformers, and Moreira et al.
/// 2024, "NV-Retriever"), or that a teacher scores too high.
///
/// ```
/// use ess_train::NegativesConfig;
///
/// let config: NegativesConfig = serde_json::from_str(r#"{"per_query": 8, "relative_margin": 0.05}"#).unwrap();
/// config.check()?;
/// assert!(NegativesConfig { skip: 100, depth: 100, ..config }.check().is_err());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NegativesConfig {
    /// Negatives of a query; fewer where the filters leave fewer. At least 1. Default: 16.
    pub per_query: usize,
    /// How many of the most similar items are passed over. Default: 0.
    pub skip: usize,
    /// How deep the ranking is looked at, more than `skip`. Default: 100.
    pub depth: usize,
    /// Which of those that pass the filters are taken. Default: the most similar.
    pub sampling: Sampling,
    /// Drops items whose similarity is above that of the most similar relevant item less this. Default: none.
    pub absolute_margin: Option<f32>,
    /// Drops items whose similarity `s` is above `r − margin · |r|`, with `r` that of the most similar relevant item;
    /// between 0 and 1. Default: none.
    pub relative_margin: Option<f32>,
    /// Drops items that a teacher scored above its best score of a relevant item less this. Items that it did not score
    /// stay. Default: none.
    pub teacher_margin: Option<f32>,
    /// Steps between two minings, with the module as it then is; 0 to mine once, with the untrained module. Items do not
    /// move while queries are trained, so mining costs a search of the training queries. Default: 10.
    pub refresh_every: usize,
}

impl Default for NegativesConfig {
    fn default() -> Self {
        Self {
            per_query: 16,
            skip: 0,
            depth: 100,
            sampling: Sampling::default(),
            absolute_margin: None,
            relative_margin: None,
            teacher_margin: None,
            refresh_every: 10,
        }
    }
}

impl NegativesConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        if self.per_query == 0 {
            return refuse("per_query of negatives", "at least 1", "0".to_owned());
        }
        if self.depth <= self.skip {
            return refuse("depth of negatives", "more than skip", self.depth.to_string());
        }
        let finite = |margin: Option<f32>| margin.is_none_or(f32::is_finite);
        for (name, margin) in
            [("absolute_margin", self.absolute_margin), ("teacher_margin", self.teacher_margin)]
        {
            if !finite(margin) {
                return refuse(name, "a finite number, or null", format!("{margin:?}"));
            }
        }
        match self.relative_margin {
            Some(margin) if !(0.0..=1.0).contains(&margin) => {
                refuse("relative_margin", "between 0 and 1, or null", margin.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Whether the negatives are mined anew before this step, from 1.
    pub(crate) fn is_due(&self, step: usize) -> bool {
        step == 1 || (self.refresh_every > 0 && (step - 1).is_multiple_of(self.refresh_every))
    }
}

/// What one mining found and dropped, over all queries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiningReport {
    /// The step before which it took place, from 1.
    pub step: usize,
    /// Negatives that were taken.
    pub taken: usize,
    /// Items passed over because they are relevant.
    pub relevant: usize,
    /// Items dropped by the margin to the most similar relevant item.
    pub dropped_by_margin: usize,
    /// Items dropped by the teacher's score.
    pub dropped_by_teacher: usize,
    /// Queries with fewer negatives than wanted.
    pub queries_short: usize,
}

/// What is known of one query when its negatives are mined.
#[derive(Clone, Copy)]
pub(crate) struct MinedQuery<'a> {
    pub(crate) judgements: &'a [Judgement],
    pub(crate) teacher: &'a [TeacherScore],
}

/// Mines negatives for mapped queries (`n × d_item`).
///
/// Same seed and step, same negatives.
pub(crate) fn mine(
    config: &NegativesConfig,
    mapped: &Embeddings,
    queries: &[MinedQuery<'_>],
    items: &Embeddings,
    index: &dyn Index,
    (seed, step): (u64, usize),
) -> Result<(Vec<Vec<usize>>, MiningReport), Error> {
    let mut report = MiningReport { step, ..MiningReport::default() };
    let mut mined = Vec::with_capacity(queries.len());
    let hits = index.search(mapped, config.depth)?;
    for (at, (hits, query)) in hits.iter().zip(queries).enumerate() {
        let filter = Filter::new(config, mapped.row(at), *query, items);
        let mut kept: Vec<usize> = Vec::new();
        for hit in hits.iter().skip(config.skip) {
            match filter.judge(hit.item, hit.similarity) {
                Verdict::Relevant => report.relevant += 1,
                Verdict::TooNear => report.dropped_by_margin += 1,
                Verdict::ScoredHigh => report.dropped_by_teacher += 1,
                Verdict::Negative => kept.push(hit.item),
            }
        }
        if config.sampling == Sampling::Random {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(((step as u64) << 32) | at as u64);
            kept.shuffle(&mut random);
        }
        kept.truncate(config.per_query);
        report.taken += kept.len();
        report.queries_short += usize::from(kept.len() < config.per_query);
        mined.push(kept);
    }
    tracing::debug!(?report, "mined negatives");
    Ok((mined, report))
}

enum Verdict {
    Relevant,
    TooNear,
    ScoredHigh,
    Negative,
}

/// What an item must pass to be a negative of one query.
struct Filter<'a> {
    query: MinedQuery<'a>,
    highest_similarity: f32,
    highest_score: f32,
}

impl<'a> Filter<'a> {
    fn new(config: &NegativesConfig, mapped: &[f32], query: MinedQuery<'a>, items: &Embeddings) -> Self {
        let relevant = || query.judgements.iter().filter(|judged| judged.grade > 0).map(|judged| judged.item);
        let nearest = relevant().map(|item| dot(mapped, items.row(item))).fold(f32::NEG_INFINITY, f32::max);
        let absolute = config.absolute_margin.map_or(f32::INFINITY, |margin| nearest - margin);
        let relative =
            config.relative_margin.map_or(f32::INFINITY, |margin| nearest - margin * nearest.abs());
        let scored = |item| query.teacher.iter().find(|score| score.item == item).map(|score| score.score);
        let best = relevant().filter_map(scored).fold(f32::NEG_INFINITY, f32::max);
        let highest_score = match config.teacher_margin {
            Some(margin) if best.is_finite() => best - margin,
            _ => f32::INFINITY,
        };
        Self { query, highest_similarity: absolute.min(relative), highest_score }
    }

    fn judge(&self, item: usize, similarity: f32) -> Verdict {
        if self.query.judgements.iter().any(|judged| judged.item == item && judged.grade > 0) {
            return Verdict::Relevant;
        }
        if similarity > self.highest_similarity {
            return Verdict::TooNear;
        }
        let score = self.query.teacher.iter().find(|score| score.item == item);
        if score.is_some_and(|score| score.score > self.highest_score) {
            return Verdict::ScoredHigh;
        }
        Verdict::Negative
    }
}

#[cfg(test)]
mod tests {
    use ess_index::FlatIndex;

    use super::*;

    /// One query at 1; items at 1.0, 0.9, … 0.1. Items 2 and 5 are relevant: the nearer has similarity 0.8.
    fn mined(config: &NegativesConfig, seed: u64) -> (Vec<usize>, MiningReport) {
        let items = Embeddings::from_vec((0..10).map(|i| 1.0 - 0.1 * i as f32).collect(), 1).unwrap();
        let mapped = Embeddings::from_rows(&[[1.0]]).unwrap();
        let judgements = [(2, 1), (5, 2), (0, 0)].map(|(item, grade)| Judgement { item, grade });
        let teacher = [(2, 5.0), (4, 4.9), (6, 1.0)].map(|(item, score)| TeacherScore { item, score });
        let query = MinedQuery { judgements: &judgements, teacher: &teacher };
        let index = FlatIndex::new(items.clone()).unwrap();
        let (mut mined, report) = mine(config, &mapped, &[query], &items, &index, (seed, 3)).unwrap();
        (mined.remove(0), report)
    }

    #[test]
    fn relevant_items_are_never_negatives() {
        let (mined, report) = mined(&NegativesConfig::default(), 0);
        assert_eq!(mined, [0, 1, 3, 4, 6, 7, 8, 9]);
        assert_eq!((report.taken, report.relevant, report.queries_short, report.step), (8, 2, 1, 3));
    }

    #[test]
    fn margins_drop_what_comes_too_near() {
        let config = NegativesConfig { per_query: 2, ..NegativesConfig::default() };
        let (absolute, report) = mined(&NegativesConfig { absolute_margin: Some(0.15), ..config.clone() }, 0);
        assert_eq!((absolute, report.dropped_by_margin), (vec![4, 6], 3));
        let (relative, _) = mined(&NegativesConfig { relative_margin: Some(0.5), ..config.clone() }, 0);
        assert_eq!(relative, [6, 7]);
        let (taught, report) = mined(
            &NegativesConfig { teacher_margin: Some(0.5), absolute_margin: Some(0.15), ..config.clone() },
            0,
        );
        assert_eq!((taught, report.dropped_by_teacher), (vec![6, 7], 1));
        let (skipped, _) = mined(&NegativesConfig { skip: 4, ..config }, 0);
        assert_eq!(skipped, [4, 6]);
    }

    /// One query at 1 or −1; items at 1, 7/8, … 1/8, of which 2 (and 5) are relevant.
    fn on_eighths(
        query: f32,
        config: &NegativesConfig,
        teacher: &[(usize, f32)],
    ) -> (Vec<usize>, MiningReport) {
        let items = Embeddings::from_vec((0..8).map(|i| 1.0 - 0.125 * i as f32).collect(), 1).unwrap();
        let judgements = [2, 5].map(|item| Judgement { item, grade: 1 });
        let teacher: Vec<_> = teacher.iter().map(|&(item, score)| TeacherScore { item, score }).collect();
        let query_of = MinedQuery { judgements: &judgements, teacher: &teacher };
        let mapped = Embeddings::from_rows(&[[query]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        let (mut mined, report) = mine(config, &mapped, &[query_of], &items, &index, (0, 1)).unwrap();
        (mined.remove(0), report)
    }

    #[test]
    fn what_lies_on_a_margin_stays() {
        let default = NegativesConfig::default;
        let absolute = NegativesConfig { absolute_margin: Some(0.125), ..default() };
        assert_eq!(on_eighths(1.0, &absolute, &[]).0, [3, 4, 6, 7]);
        let teacher = NegativesConfig { teacher_margin: Some(0.5), ..default() };
        assert_eq!(on_eighths(1.0, &teacher, &[(5, 5.0), (4, 4.5), (6, 4.75)]).0, [0, 1, 3, 4, 7]);
        // A teacher that scored no relevant item says nothing of the others.
        let (unscored, report) = on_eighths(1.0, &teacher, &[(4, 4.5)]);
        assert_eq!((unscored, report.dropped_by_teacher), (vec![0, 1, 3, 4, 6, 7], 0));
    }

    #[test]
    fn margins_go_down_from_negative_similarities_and_the_stricter_one_holds() {
        let relative = NegativesConfig { relative_margin: Some(0.5), ..NegativesConfig::default() };
        assert_eq!(on_eighths(-1.0, &relative, &[]).0, [3, 1, 0]);
        let both = NegativesConfig { absolute_margin: Some(0.5), ..relative };
        assert_eq!(on_eighths(-1.0, &both, &[]).0, [1, 0]);
    }

    #[test]
    fn a_query_with_as_many_negatives_as_wanted_is_not_short() {
        let config = |per_query| NegativesConfig { per_query, ..NegativesConfig::default() };
        assert_eq!(on_eighths(1.0, &config(6), &[]).1.queries_short, 0);
        assert_eq!(on_eighths(1.0, &config(7), &[]).1.queries_short, 1);
    }

    #[test]
    fn each_mining_draws_anew() {
        let config =
            NegativesConfig { per_query: 2, sampling: Sampling::Random, ..NegativesConfig::default() };
        let items = Embeddings::from_vec((0..40).map(|i| 1.0 - 0.01 * i as f32).collect(), 1).unwrap();
        let judgements = [Judgement { item: 2, grade: 1 }];
        let queries = [MinedQuery { judgements: &judgements, teacher: &[] }; 2];
        let mapped = Embeddings::from_rows(&[[1.0], [1.0]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        let drawn = |step| mine(&config, &mapped, &queries, &items, &index, (7, step)).unwrap().0;
        assert_ne!(drawn(1), drawn(11));
        // Nor do equal queries share a draw.
        assert_ne!(drawn(1)[0], drawn(1)[1]);
    }

    #[test]
    fn draws_depend_on_the_seed_alone() {
        let config =
            NegativesConfig { per_query: 4, sampling: Sampling::Random, ..NegativesConfig::default() };
        assert_eq!(mined(&config, 7), mined(&config, 7));
        assert!((0..9).any(|seed| mined(&config, seed) != mined(&config, 7)));
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let default = NegativesConfig::default;
        let bad = [
            NegativesConfig { per_query: 0, ..default() },
            NegativesConfig { depth: 0, ..default() },
            NegativesConfig { depth: 5, skip: 5, ..default() },
            NegativesConfig { relative_margin: Some(1.5), ..default() },
            NegativesConfig { absolute_margin: Some(f32::NAN), ..default() },
            NegativesConfig { teacher_margin: Some(f32::INFINITY), ..default() },
        ];
        assert!(bad.iter().all(|config| matches!(config.check(), Err(Error::Config { .. }))));
        assert!(serde_json::from_str::<NegativesConfig>(r#"{"margin": 1}"#).is_err());
    }

    #[test]
    fn mining_is_due_at_the_first_step_and_every_so_many() {
        let due = |refresh_every| {
            let config = NegativesConfig { refresh_every, ..NegativesConfig::default() };
            (1..8).filter(|&step| config.is_due(step)).collect::<Vec<_>>()
        };
        assert_eq!((due(3), due(0)), (vec![1, 4, 7], vec![1]));
    }
}
