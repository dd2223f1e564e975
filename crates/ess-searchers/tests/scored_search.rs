//! Search with queries that are rows of a scoring finds what scoring every item finds.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;

use ess_core::{
    Embeddings, Error, Hit, Index, IndexSearcher, Mixture, Neurons, Scored, Scoring, SearchModule, Searcher,
};
use ess_index::FlatIndex;
use ess_searchers::ScoredSearcher;
use proptest::prelude::*;

/// Queries that are rows already.
#[derive(Clone)]
struct Rows(usize, Option<Arc<dyn Scoring>>);

impl SearchModule for Rows {
    fn query_dim(&self) -> usize {
        self.width()
    }

    fn item_dim(&self) -> usize {
        self.0
    }

    fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, Error> {
        Ok(encodings.clone())
    }

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        self.1.clone()
    }
}

fn wave(rows: usize, dim: usize, step: f32) -> Embeddings {
    Embeddings::from_vec((0..rows * dim).map(|i| (i as f32 * step + 0.1).sin()).collect(), dim).unwrap()
}

fn searcher(items: &Embeddings, scoring: Arc<dyn Scoring>, pool: usize) -> ScoredSearcher<Rows, FlatIndex> {
    let (module, index) = (Rows(items.dim(), Some(scoring)), FlatIndex::new(items.clone()).unwrap());
    ScoredSearcher::new::<Embeddings>(module, index, items.clone(), pool).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However deep the first pass begins, an exact search finds what scoring all items finds; what is said to be proven without it,
    /// too.
    #[test]
    fn what_is_proven_is_the_best_of_all(
        m in 1_usize..6, items in 1_usize..120, k in 1_usize..12, pool in 1_usize..20, sharpness in 0.0_f32..40.0, step in 0.1_f32..3.0,
    ) {
        let items = wave(items, 3, 0.77);
        for scoring in [
            Arc::new(Mixture { vectors: m, sharpness }) as Arc<dyn Scoring>,
            Arc::new(Neurons { hidden: m }),
        ] {
            let queries = wave(4, scoring.width(3), step);
            let expected = Scored::new(&*scoring).search(&queries, &items, k).unwrap();
            let plain = searcher(&items, scoring, pool);
            let exact = plain.clone().exact().search_scored(&queries, k).unwrap();
            let plain = plain.search_scored(&queries, k).unwrap();
            for ((exact, plain), expected) in exact.iter().zip(&plain).zip(&expected) {
                prop_assert!(exact.proven && exact.scored <= items.len() && exact.scored >= plain.scored);
                for found in [Some(exact), Some(plain).filter(|plain| plain.proven)].into_iter().flatten() {
                    prop_assert_eq!(found.hits.len(), expected.len());
                    for (a, b) in found.hits.iter().zip(expected) {
                        prop_assert!((a.similarity - b.similarity).abs() < 1e-5);
                    }
                }
            }
        }
    }
}

#[test]
fn one_vector_is_a_search_by_inner_product_and_needs_no_more_items_than_it_returns() {
    let (items, queries) = (wave(200, 4, 0.7), wave(5, 4, 0.3));
    let one = searcher(&items, Arc::new(Mixture { vectors: 1, sharpness: 3.0 }), 11).exact();
    let found = one.search_scored(&queries, 10).unwrap();
    let index = FlatIndex::new(items).unwrap();
    let expected =
        IndexSearcher::new::<Embeddings>(Rows(4, None), &index).unwrap().search(&queries, 10).unwrap();
    for (found, expected) in found.iter().zip(&expected) {
        let items = |hits: &[Hit]| hits.iter().map(|hit| hit.item).collect::<Vec<_>>();
        assert_eq!((items(&found.hits), found.proven), (items(expected), true));
        assert!(found.scored <= 44, "{}", found.scored);
    }
}

#[test]
fn a_network_that_disagrees_with_its_inner_product_is_found_by_the_exact_search_alone() {
    // The inner product wants the first item; the unit, open for the second alone, is worth more.
    let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let query = Embeddings::from_rows(&[[1.0, 0.0, 0.0, 1.0, -0.5, 9.0]]).unwrap();
    let plain = searcher(&items, Arc::new(Neurons { hidden: 1 }), 1);
    let found = &plain.search_scored(&query, 1).unwrap()[0];
    assert_eq!((found.hits[0].item, found.proven, found.scored), (0, false, 1));
    let found = &plain.exact().search_scored(&query, 1).unwrap()[0];
    assert_eq!((found.hits[0], found.proven, found.scored), (Hit::new(1, 4.5), true, 2));
}

#[test]
fn a_module_without_a_scoring_is_searched_by_its_index() {
    let items = wave(20, 3, 0.7);
    let index = FlatIndex::new(items.clone()).unwrap();
    let searcher = ScoredSearcher::new::<Embeddings>(Rows(3, None), &index, items, 5).unwrap();
    let queries = wave(2, 3, 0.4);
    assert_eq!(searcher.search(&queries, 4).unwrap(), index.search(&queries, 4).unwrap());
    assert!(searcher.search_scored(&queries, 4).unwrap()[0].proven);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let items = wave(20, 3, 0.7);
    let (index, scoring) = (FlatIndex::new(items.clone()).unwrap(), Mixture { vectors: 2, sharpness: 1.0 });
    let module = || Rows(3, Some(Arc::new(scoring) as Arc<dyn Scoring>));
    let new = |module, items, pool| ScoredSearcher::new::<Embeddings>(module, &index, items, pool).map(drop);
    assert!(matches!(new(module(), items.clone(), 0), Err(Error::InvalidParameter { name: "pool", .. })));
    assert!(matches!(new(module(), wave(19, 3, 0.7), 1), Err(Error::LengthMismatch { found: 19, .. })));
    assert!(matches!(new(module(), wave(20, 4, 0.7), 1), Err(Error::DimensionMismatch { found: 4, .. })));
    assert!(matches!(
        new(Rows(4, None), items.clone(), 1),
        Err(Error::DimensionMismatch { expected: 4, .. })
    ));
    let searcher = searcher(&items, Arc::new(scoring), 3);
    assert!(matches!(searcher.search(&wave(1, 6, 0.4), 0), Err(Error::KOutOfRange { .. })));
    assert!(matches!(searcher.search(&wave(1, 5, 0.4), 2), Err(Error::DimensionMismatch { found: 5, .. })));
    assert_eq!(searcher.search(&wave(1, 6, 0.4), usize::MAX).unwrap()[0].len(), 20);
    let plain = IndexSearcher::new::<Embeddings>(module(), &index).map(drop);
    assert!(matches!(plain, Err(Error::Unsupported { .. })));
}
