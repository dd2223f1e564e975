//! Mining negatives in the index.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    config::{NegativesConfig, Sampling},
    mapped::MappedQueries,
    report::MiningReport,
};
use crate::{
    data::{judgement::Judgement, teacher::TeacherScore},
    error::Error,
};

/// What is known of one query when its negatives are mined.
#[derive(Clone, Copy)]
pub(crate) struct MinedQuery<'a> {
    pub(crate) judgements: &'a [Judgement],
    pub(crate) teacher: &'a [TeacherScore],
    /// What is no negative and not shown to the query: itself, where queries are items too.
    pub(crate) left_out: Option<usize>,
}

/// Mines negatives for mapped queries (`n × d_item`).
///
/// Same seed and step, same negatives.
pub(crate) fn mine(
    config: &NegativesConfig,
    mapped: &MappedQueries<'_>,
    queries: &[MinedQuery<'_>],
    (seed, step): (u64, usize),
) -> Result<(Vec<Vec<usize>>, MiningReport), Error> {
    let mut report = MiningReport { step, ..MiningReport::default() };
    let mut mined = Vec::with_capacity(queries.len());
    let leaves_out = queries.iter().any(|query| query.left_out.is_some());
    let hits = mapped.search(config.depth + usize::from(leaves_out))?;
    for (at, (hits, query)) in hits.iter().zip(queries).enumerate() {
        let filter = Filter::new(config, mapped, at, *query)?;
        let mut kept: Vec<usize> = Vec::new();
        let shown = hits.iter().filter(|hit| Some(hit.item) != query.left_out).take(config.depth);
        for hit in shown.skip(config.skip) {
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
    fn new(
        config: &NegativesConfig,
        mapped: &MappedQueries<'_>,
        at: usize,
        query: MinedQuery<'a>,
    ) -> Result<Self, Error> {
        let relevant = || query.judgements.iter().filter(|judged| judged.grade > 0).map(|judged| judged.item);
        let similarities = relevant().map(|item| mapped.similarity(at, item));
        let nearest = similarities.collect::<Result<Vec<f32>, Error>>()?;
        let nearest = nearest.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let absolute = config.absolute_margin.map_or(f32::INFINITY, |margin| nearest - margin);
        let relative =
            config.relative_margin.map_or(f32::INFINITY, |margin| nearest - margin * nearest.abs());
        let scored = |item| query.teacher.iter().find(|score| score.item == item).map(|score| score.score);
        let best = relevant().filter_map(scored).fold(f32::NEG_INFINITY, f32::max);
        let highest_score = match config.teacher_margin {
            Some(margin) if best.is_finite() => best - margin,
            _ => f32::INFINITY,
        };
        Ok(Self { query, highest_similarity: absolute.min(relative), highest_score })
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
    use ess_core::Embeddings;
    use ess_index::FlatIndex;

    use super::*;

    /// The negatives of mapped queries, as `mine` finds them by the inner product.
    fn mine(
        config: &NegativesConfig,
        rows: &Embeddings,
        queries: &[MinedQuery<'_>],
        items: &Embeddings,
        index: &FlatIndex,
        drawn: (u64, usize),
    ) -> Result<(Vec<Vec<usize>>, MiningReport), Error> {
        super::mine(config, &MappedQueries { rows, items, index, scoring: None }, queries, drawn)
    }

    /// One query at 1; items at 1.0, 0.9, … 0.1. Items 2 and 5 are relevant: the nearer has similarity 0.8.
    fn mined(config: &NegativesConfig, seed: u64) -> (Vec<usize>, MiningReport) {
        let items = Embeddings::from_vec((0..10).map(|i| 1.0 - 0.1 * i as f32).collect(), 1).unwrap();
        let mapped = Embeddings::from_rows(&[[1.0]]).unwrap();
        let judgements = [(2, 1), (5, 2), (0, 0)].map(|(item, grade)| Judgement { item, grade });
        let teacher = [(2, 5.0), (4, 4.9), (6, 1.0)].map(|(item, score)| TeacherScore { item, score });
        let query = MinedQuery { judgements: &judgements, teacher: &teacher, left_out: None };
        let index = FlatIndex::new(items.clone()).unwrap();
        let (mut mined, report) = mine(config, &mapped, &[query], &items, &index, (seed, 3)).unwrap();
        (mined.remove(0), report)
    }

    #[test]
    fn an_item_that_is_left_out_is_no_negative_and_takes_no_place() {
        let items = Embeddings::from_vec((0..10).map(|i| 1.0 - 0.1 * i as f32).collect(), 1).unwrap();
        let (mapped, index) =
            (Embeddings::from_rows(&[[1.0]]).unwrap(), FlatIndex::new(items.clone()).unwrap());
        let judgements = [Judgement { item: 2, grade: 1 }];
        let config = NegativesConfig { depth: 4, ..NegativesConfig::default() };
        let of = |left_out| {
            let query = MinedQuery { judgements: &judgements, teacher: &[], left_out };
            mine(&config, &mapped, &[query], &items, &index, (0, 1)).unwrap().0.remove(0)
        };
        assert_eq!((of(None), of(Some(0)), of(Some(9))), (vec![0, 1, 3], vec![1, 3, 4], vec![0, 1, 3]));
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
        let query_of = MinedQuery { judgements: &judgements, teacher: &teacher, left_out: None };
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
        let queries = [MinedQuery { judgements: &judgements, teacher: &[], left_out: None }; 2];
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
}
