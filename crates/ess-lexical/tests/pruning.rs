//! Searching leaves items out unseen, and gives the hits and similarities of all inner products to the bit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Encoding, Hit, Searcher};
use ess_lexical::{SparseIndex, SparseVectors};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Vectors whose components are the rarer the higher they are; with few distinct values, so that ties are common, or with many.
fn vectors(random: &mut ChaCha8Rng, rows: usize, dim: usize, lengths: usize, kind: Values) -> SparseVectors {
    let row = |random: &mut ChaCha8Rng| {
        let mut row = Vec::new();
        for _ in 0..random.random_range(0..=lengths) {
            let component = (random.random::<f32>().powi(3) * dim as f32) as u32;
            row.push((component.min(dim as u32 - 1), kind.value(random)));
        }
        row.sort_by_key(|(component, _)| *component);
        row.dedup_by_key(|(component, _)| *component);
        row
    };
    let rows: Vec<_> = (0..rows).map(|_| row(random)).collect();
    SparseVectors::new(dim, &rows).unwrap()
}

#[derive(Clone, Copy, Debug)]
enum Values {
    Few,
    Many,
    Spread,
    Signed,
}

impl Values {
    fn value(self, random: &mut ChaCha8Rng) -> f32 {
        let uniform: f32 = random.random();
        match self {
            Self::Few => f32::from(random.random_range(0..4_u8)),
            Self::Many => uniform * 5.0,
            // From what is lost beside others, and from subnormal numbers, to what is most of a sum.
            Self::Spread => (uniform * 100.0 - 95.0).exp(),
            Self::Signed => uniform - 0.3,
        }
    }
}

fn of_all_inner_products(queries: &SparseVectors, items: &SparseVectors, k: usize) -> Vec<Vec<Hit>> {
    let all = queries.inner_products(items).unwrap();
    let ranked = all.rows().into_iter().map(|row| {
        let mut hits: Vec<_> = row.iter().enumerate().map(|(item, &s)| Hit::new(item, s)).collect();
        hits.sort_by(Hit::by_relevance);
        hits.truncate(k);
        hits
    });
    ranked.collect()
}

fn bits(hits: &[Vec<Hit>]) -> Vec<Vec<(usize, u32)>> {
    hits.iter().map(|hits| hits.iter().map(|hit| (hit.item, hit.similarity.to_bits())).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hits_are_those_of_all_inner_products(
        seed in any::<u64>(),
        rows in prop_oneof![1_usize..50, 1900..2200_usize, 4000..9000_usize],
        dim in prop_oneof![Just(3_usize), Just(60), Just(2000)],
        k in prop_oneof![Just(1_usize), Just(10), Just(100), Just(usize::MAX)],
        (items, queries) in (0..4_usize, 0..4_usize),
    ) {
        let kinds = [Values::Few, Values::Many, Values::Spread, Values::Signed];
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let items = vectors(random, rows, dim, 12, kinds[items]);
        let queries = vectors(random, 6, dim, 20, kinds[queries]);
        let found = SparseIndex::new(&items).search(&queries, k).unwrap();
        prop_assert_eq!(bits(&found), bits(&of_all_inner_products(&queries, &items, k)));
    }
}

#[test]
fn a_large_dimension_costs_what_is_in_it() {
    let dim = u32::MAX as usize;
    let (few, many) = (vec![(7, 1.0), (u32::MAX - 1, 2.0)], vec![(u32::MAX - 1, 0.5)]);
    let items = SparseVectors::new(dim, &[few, many]).unwrap();
    let query = SparseVectors::new(dim, &[vec![(6, 1.0), (7, 1.0), (u32::MAX - 1, 1.0)]]).unwrap();
    let hits = SparseIndex::new(&items).search(&query, 2).unwrap();
    assert_eq!(hits, [[Hit::new(0, 3.0), Hit::new(1, 0.5)]]);
}

#[test]
fn rows_are_the_same_alone_and_in_a_batch() {
    let random = &mut ChaCha8Rng::seed_from_u64(5);
    let items = vectors(random, 5000, 300, 12, Values::Many);
    let queries = vectors(random, 40, 300, 12, Values::Many);
    let index = SparseIndex::new(&items);
    let batch = index.search(&queries, 10).unwrap();
    for (row, hits) in batch.iter().enumerate() {
        assert_eq!(&index.search(&queries.select_rows(&[row]).unwrap(), 10).unwrap()[0], hits);
    }
}
