//! Candidates by centroids, against MaxSim with every item.

use std::collections::HashSet;

use ess_core::{Encoding, Error as CoreError, Searcher, TokenStates, TopK};
use ess_index::{CompressedTokensBuilder, Error, Progress, TokenIndex, TokenIndexBuilder, TokenSearch};

use super::words::{DIM, max_sim, states, texts};

const K: usize = 10;

fn index(items: &TokenStates, keep_vectors: bool) -> TokenIndex {
    let tokens =
        CompressedTokensBuilder { centroids: Some(256), keep_vectors, ..CompressedTokensBuilder::default() };
    TokenIndexBuilder { tokens, ..TokenIndexBuilder::default() }.build(items, Progress::Silent).unwrap()
}

/// The `k` items of the largest MaxSim.
fn exact(items: &TokenStates, query: &[f32], k: usize) -> Vec<usize> {
    let mut best = TopK::new(k);
    let all: Vec<f32> = (0..items.rows()).map(|row| max_sim(query, items.states(row), DIM)).collect();
    best.extend_from_similarities(0, &all);
    best.into_sorted().iter().map(|hit| hit.item).collect()
}

fn recall(index: &TokenIndex, items: &TokenStates, queries: &TokenStates, search: &TokenSearch) -> f64 {
    let found = index.search_with(queries, K, search).unwrap();
    let shared = (0..queries.rows()).map(|row| {
        let expected: HashSet<_> = exact(items, queries.states(row), K).into_iter().collect();
        found[row].iter().filter(|hit| expected.contains(&hit.item)).count()
    });
    shared.sum::<usize>() as f64 / (K * queries.rows()) as f64
}

#[test]
fn recall_grows_with_what_is_looked_at() {
    let (items, queries) = texts(1500, 40);
    let [exact, coded] = [true, false].map(|keep| index(&items, keep));
    let with = |nprobe, candidates, centroid_score_threshold| TokenSearch {
        nprobe,
        candidates,
        centroid_score_threshold,
    };
    let narrow = recall(&exact, &items, &queries, &with(1, 10, Some(0.4)));
    let usual = recall(&exact, &items, &queries, &with(4, 100, Some(0.4)));
    let compressed = recall(&coded, &items, &queries, &with(4, 100, Some(0.4)));
    let all = recall(&exact, &items, &queries, &with(256, 1500, None));
    assert!(narrow < usual && usual > 0.95 && compressed > 0.7, "{narrow} {usual} {compressed}");
    // Vectors in f16 may exchange neighbours.
    assert!(all > 0.99, "{all}");
}

#[test]
fn with_everything_looked_at_similarities_are_those_of_the_tokens() {
    let (items, queries) = texts(200, 10);
    let index = index(&items, false);
    let all = TokenSearch { nprobe: 256, candidates: 200, centroid_score_threshold: None };
    let found = index.search_with(&queries, 200, &all).unwrap();
    for (row, hits) in found.iter().enumerate() {
        assert_eq!(hits.len(), 200);
        assert!(hits.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
        let rows: Vec<u32> = hits.iter().map(|hit| hit.item as u32).collect();
        let expected = index.tokens().similarities(queries.states(row), &rows).unwrap();
        assert!(hits.iter().zip(expected).all(|(hit, expected)| hit.similarity == expected));
    }
}

#[test]
fn a_query_finds_the_same_alone_and_in_a_batch_in_any_number_of_threads() {
    let (items, queries) = texts(400, 12);
    let index = index(&items, false);
    let together = index.search(&queries, 5).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(pool.install(|| index.search(&queries, 5).unwrap()), together);
    for (row, expected) in together.iter().enumerate() {
        assert_eq!(&index.search(&queries.select_rows(&[row]).unwrap(), 5).unwrap()[0], expected);
    }
}

#[test]
fn empty_texts_find_nothing_and_are_not_found() {
    let (items, queries) = texts(20, 1);
    let mut with_empty: Vec<Vec<f32>> = (0..20).map(|row| items.states(row).to_vec()).collect();
    with_empty[3].clear();
    let index = index(&states(&with_empty), false);
    let found = index.search(&states(&[Vec::new(), queries.states(0).to_vec()]), 20).unwrap();
    assert!(found[0].is_empty() && !found[1].is_empty());
    assert!(found[1].iter().all(|hit| hit.item != 3));
}

#[test]
fn what_does_not_fit_is_refused() {
    let (items, queries) = texts(20, 1);
    let index = index(&items, false);
    assert!(matches!(index.search(&queries, 0), Err(CoreError::KOutOfRange { .. })));
    let narrow = TokenStates::from_texts(queries.embeddings().clone(), 3, &[vec![1.0; 3]]).unwrap();
    assert!(matches!(index.search(&narrow, 1), Err(CoreError::DimensionMismatch { .. })));
    let usual = TokenSearch::default();
    for wrong in [
        TokenSearch { nprobe: 0, ..usual },
        TokenSearch { candidates: 0, ..usual },
        TokenSearch { centroid_score_threshold: Some(1.5), ..usual },
        TokenSearch { centroid_score_threshold: Some(f32::NAN), ..usual },
    ] {
        assert!(matches!(index.search_with(&queries, 1, &wrong), Err(CoreError::InvalidParameter { .. })));
        let builder = TokenIndexBuilder { search: wrong, ..TokenIndexBuilder::default() };
        assert!(matches!(
            builder.build(&items, Progress::Silent),
            Err(Error::Core(CoreError::InvalidParameter { .. }))
        ));
    }
    let none = CompressedTokensBuilder::default().train(&items, 20, Progress::Silent).unwrap();
    assert!(matches!(TokenIndex::new(none, usual), Err(Error::Core(CoreError::Empty { .. }))));
}

#[test]
fn candidates_are_the_nearest_also_where_all_centroids_are_at_negative_cosines() {
    let token = |cosine: f32| {
        let mut token = vec![0.0; DIM];
        (token[0], token[1]) = (cosine, (1.0 - cosine * cosine).sqrt());
        token
    };
    let index = index(&states(&[token(-0.9), token(-0.5), token(-0.1)]), true);
    let one = TokenSearch { nprobe: 3, candidates: 1, centroid_score_threshold: None };
    let found = index.search_with(&states(&[token(1.0)]), 1, &one).unwrap();
    assert_eq!(found[0][0].item, 2);
}
