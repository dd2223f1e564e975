//! What a learned weight promises.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, Encoding, Error, Hit, Identity, IndexSearcher, Searcher};
use ess_index::FlatIndex;
use ess_lexical::{SparseIndex, SparseVectors};
use ess_searchers::{
    BothLists, Combination, HybridEncoding, HybridIndex, LearnedFusion, LearnedHybrid, LearnedWeight,
    WeightConfig,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ITEMS: usize = 30;
const DIM: usize = 4;
const WORDS: usize = 12;
const RAW: Combination = Combination::Raw { weight: 0.5 };

/// Items and queries by both encodings; the relevant items of each query.
struct Task {
    items: Embeddings,
    item_lexical: SparseVectors,
    queries: HybridEncoding,
    relevant: Vec<Vec<(usize, f32)>>,
}

impl Task {
    fn new(queries: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut dense = |rows: usize| {
            let numbers = (0..rows * DIM).map(|_| random.random_range(-1.0_f32..1.0)).collect();
            Embeddings::from_vec(numbers, DIM).unwrap().normalized()
        };
        let (items, dense_queries) = (dense(ITEMS), dense(queries));
        let mut sparse = |rows: usize| {
            let row = |_| {
                let components = (0..WORDS as u32).filter(|_| random.random_bool(0.4)).collect::<Vec<_>>();
                components
                    .into_iter()
                    .map(|component| (component, random.random_range(0.1_f32..6.0)))
                    .collect()
            };
            SparseVectors::new(WORDS, &(0..rows).map(row).collect::<Vec<_>>()).unwrap()
        };
        let (item_lexical, query_lexical) = (sparse(ITEMS), sparse(queries));
        let queries = HybridEncoding::new(dense_queries, query_lexical).unwrap();
        let mut task = Self { items, item_lexical, queries, relevant: Vec::new() };
        // Words are right for queries of one half-space, embeddings for those of the other.
        let pass = task.pass();
        for query in 0..task.queries.rows() {
            let by_lexical = task.queries.dense().row(query)[0] > 0.0;
            let hits = if by_lexical { &pass.lexical()[query] } else { &pass.dense()[query] };
            task.relevant
                .push(hits[..2].iter().zip([2.0, 1.0]).map(|(hit, gain)| (hit.item, gain)).collect());
        }
        task
    }

    fn dense_searcher(&self) -> impl Searcher<Embeddings> + use<> {
        IndexSearcher::new(Identity::new(DIM), FlatIndex::new(self.items.clone()).unwrap()).unwrap()
    }

    fn lexical_searcher(&self) -> SparseIndex {
        SparseIndex::new(&self.item_lexical)
    }

    fn pass(&self) -> BothLists {
        BothLists::search(&self.dense_searcher(), &self.lexical_searcher(), &self.queries, ITEMS).unwrap()
    }

    fn index(&self) -> HybridIndex {
        HybridIndex::new(self.items.clone(), &self.item_lexical, 1.0).unwrap()
    }

    fn fit(&self, config: &WeightConfig, combination: Combination) -> LearnedWeight {
        LearnedWeight::fit(config, combination, &self.queries, &self.pass(), &self.relevant).unwrap()
    }

    fn shares(&self, weight: &LearnedWeight) -> Vec<f32> {
        weight.shares(&self.queries, Some(&self.pass())).unwrap()
    }
}

/// The largest difference of two lists of shares.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn config(scores: bool, encoding: bool, penalty: f64) -> WeightConfig {
    WeightConfig { scores, encoding, penalty, ..WeightConfig::default() }
}

#[test]
fn which_half_of_the_queries_needs_words_is_learned_from_the_encoding() {
    let (task, held_out) = (Task::new(200, 1), Task::new(100, 2));
    let weight = task.fit(&config(false, true, 1e-3), Combination::ZScore { weight: 0.5 });
    let shares = weight.shares(&held_out.queries, None).unwrap();
    let right = shares.iter().enumerate().filter(|(query, share)| {
        (held_out.queries.dense().row(*query)[0] > 0.0) == (**share > weight.constant())
    });
    assert!(right.count() > 85, "{shares:?}");
    assert!(task.fit(&WeightConfig::constant(), RAW).coefficients().next().is_none());
}

#[test]
fn a_saved_weight_is_the_same_and_a_torn_one_is_refused() {
    let task = Task::new(20, 3);
    let weight = task.fit(&config(true, true, 0.1), RAW);
    let text = serde_json::to_string(&weight).unwrap();
    let read: LearnedWeight = serde_json::from_str(&text).unwrap();
    assert_eq!(task.shares(&read), task.shares(&weight));
    let mut torn = serde_json::to_value(&weight).unwrap();
    torn["coefficients"].as_array_mut().unwrap().pop();
    assert!(serde_json::from_value::<LearnedWeight>(torn).is_err());
    let mut other = serde_json::to_value(&weight).unwrap();
    other["scale"]["single"] = 1.into();
    assert!(serde_json::from_value::<LearnedWeight>(other).is_err());
}

#[test]
fn bad_input_is_refused() {
    let task = Task::new(5, 4);
    let fit = |combination, relevant: &[Vec<(usize, f32)>]| {
        LearnedWeight::fit(&WeightConfig::default(), combination, &task.queries, &task.pass(), relevant)
    };
    assert!(matches!(fit(RAW, &task.relevant[..4]), Err(Error::LengthMismatch { .. })));
    assert!(matches!(fit(Combination::Sum, &task.relevant), Err(Error::InvalidParameter { .. })));
    for gain in [f32::NAN, 0.0, f32::INFINITY] {
        assert!(matches!(fit(RAW, &vec![vec![(0, gain)]; 5]), Err(Error::InvalidParameter { .. })));
    }
    // Nothing relevant, nothing relevant that was found, and nothing else.
    let all: Vec<(usize, f32)> = (0..ITEMS).map(|item| (item, 1.0)).collect();
    for relevant in [vec![], vec![(ITEMS, 1.0)], all] {
        assert!(matches!(fit(RAW, &vec![relevant; 5]), Err(Error::Empty { .. })));
    }
    let weight = task.fit(&config(true, true, 0.1), Combination::default());
    assert!(matches!(weight.shares(&task.queries, None), Err(Error::InvalidParameter { .. })));
    let one = task.pass().select(&[0]).unwrap();
    assert!(matches!(weight.shares(&task.queries, Some(&one)), Err(Error::LengthMismatch { .. })));
    let short = HybridEncoding::new(
        Embeddings::from_rows(&[[1.0, 0.0]]).unwrap(),
        task.queries.lexical().select_rows(&[0]).unwrap(),
    );
    assert!(matches!(weight.shares(&short.unwrap(), Some(&one)), Err(Error::DimensionMismatch { .. })));
    let mut index = task.index();
    assert!(matches!(LearnedHybrid::new(&index, weight.clone()), Err(Error::InvalidParameter { .. })));
    index.set_weight(0.3).unwrap();
    let raw = task.fit(&config(true, true, 0.1), RAW);
    assert!(matches!(LearnedHybrid::new(&index, raw), Err(Error::InvalidParameter { .. })));
    let fusion =
        |depth| LearnedFusion::new(task.dense_searcher(), task.lexical_searcher(), weight.clone(), depth);
    assert!(matches!(fusion(0), Err(Error::InvalidParameter { .. })));
    let no_hits = fusion(3).unwrap().search(&task.queries, 0);
    assert!(matches!(no_hits, Err(Error::KOutOfRange { k: 0, .. })));
    assert!(matches!(task.queries.weighted(&[0.5]), Err(Error::LengthMismatch { .. })));
    assert!(matches!(task.queries.weighted(&[f32::NAN; 5]), Err(Error::InvalidParameter { .. })));
}

#[test]
fn scores_of_one_value_and_empty_lists_are_fitted() {
    let task = Task::new(3, 5);
    let flat = vec![vec![Hit::new(0, 1.0), Hit::new(1, 1.0)]; 3];
    let pass = BothLists::new(flat, vec![vec![]; 3]).unwrap();
    let relevant = vec![vec![(1, 1.0)]; 3];
    for combination in [RAW, Combination::default(), Combination::ZScore { weight: 0.5 }] {
        let config = config(true, true, 0.0);
        let weight = LearnedWeight::fit(&config, combination, &task.queries, &pass, &relevant).unwrap();
        let shares = weight.shares(&task.queries, Some(&pass)).unwrap();
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_endless_penalty_makes_it_the_constant(seed in 0_u64..1000, encoding: bool) {
        let task = Task::new(12, seed);
        for combination in [RAW, Combination::default(), Combination::ReciprocalRank { k: 60.0, weight: 0.5 }] {
            let constant = task.shares(&task.fit(&WeightConfig::constant(), combination));
            let learned = task.shares(&task.fit(&config(true, encoding, 1e12), combination));
            prop_assert!(distance(&constant, &learned) < 1e-3, "{constant:?} {learned:?}");
        }
    }

    #[test]
    fn the_order_of_queries_does_not_matter(seed in 0_u64..1000) {
        let task = Task::new(12, seed);
        let rows: Vec<usize> = (0..12).rev().collect();
        let config = config(true, true, 0.1);
        let weight = task.fit(&config, RAW);
        let (queries, pass) = (task.queries.select_rows(&rows).unwrap(), task.pass().select(&rows).unwrap());
        let relevant: Vec<_> = rows.iter().map(|&row| task.relevant[row].clone()).collect();
        let other = LearnedWeight::fit(&config, RAW, &queries, &pass, &relevant).unwrap();
        prop_assert!(distance(&task.shares(&weight), &task.shares(&other)) < 1e-3);
    }

    #[test]
    fn one_index_answers_as_the_fusion_of_two_exact_ones(seed in 0_u64..1000, scores: bool, encoding: bool) {
        let task = Task::new(12, seed);
        let weight = task.fit(&config(scores, encoding, 0.1), RAW);
        let index = task.index();
        let one = LearnedHybrid::new(&index, weight.clone()).unwrap();
        let two = LearnedFusion::new(task.dense_searcher(), task.lexical_searcher(), weight, ITEMS).unwrap();
        let (one, two) = (one.search(&task.queries, ITEMS).unwrap(), two.search(&task.queries, ITEMS).unwrap());
        for (one, two) in one.iter().zip(&two) {
            let by_item = |hits: &[Hit]| {
                let mut similarities = vec![f32::NAN; ITEMS];
                hits.iter().for_each(|hit| similarities[hit.item] = hit.similarity);
                similarities
            };
            prop_assert!(distance(&by_item(one), &by_item(two)) < 1e-3);
            prop_assert!(by_item(one).iter().all(|similarity| !similarity.is_nan()));
        }
    }
}
