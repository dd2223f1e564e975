//! Items that a graph finds hard: norms that spread, and many that are nearly alike. Defaults must find them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Effort, Embeddings, Index, MutableIndex, PersistentIndex};
use ess_index::{FlatIndex, GraphBuilder, GraphIndex, Progress};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn normal(random: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

fn direction(random: &mut ChaCha8Rng, dim: usize) -> Vec<f32> {
    let vector: Vec<f32> = (0..dim).map(|_| normal(random)).collect();
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / norm).collect()
}

/// Random directions whose norms are log-normal.
fn spread(n: usize, sigma: f32, seed: u64) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for _ in 0..n {
        let norm = (sigma * normal(random)).exp();
        rows.push(direction(random, 32).iter().map(|x| x * norm).collect::<Vec<f32>>());
    }
    Embeddings::from_rows(&rows).unwrap()
}

/// Items that differ by thousandths, and 20 that lie apart, each of unit norm.
fn near_duplicates(n: usize) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(3);
    let centre = direction(random, 32);
    let mut rows = Vec::new();
    for _ in 0..n {
        let moved = centre.iter().zip(direction(random, 32)).map(|(x, d)| x + 0.003 * d);
        let moved: Vec<f32> = moved.collect();
        let norm = moved.iter().map(|x| x * x).sum::<f32>().sqrt();
        rows.push(moved.iter().map(|x| x / norm).collect());
    }
    rows.extend((0..20).map(|_| direction(random, 32)));
    Embeddings::from_rows(&rows).unwrap()
}

fn rows(items: &Embeddings, range: std::ops::Range<usize>) -> Embeddings {
    items.select(&range.collect::<Vec<_>>()).unwrap()
}

fn check(index: &GraphIndex, items: &Embeddings, queries: &Embeddings, what: &str) {
    let exact = FlatIndex::new(items.clone()).unwrap();
    for k in [1, 10, 40, 100] {
        let expected = exact.search(queries, k).unwrap();
        let found = index.search(queries, k).unwrap();
        let good = found.iter().zip(&expected);
        let good = good.map(|(found, expected)| {
            found.iter().filter(|hit| hit.similarity >= expected[k - 1].similarity).count()
        });
        let recall = good.sum::<usize>() as f64 / (k * queries.len()) as f64;
        assert!(recall >= 0.95, "{what}, k = {k}: recall {recall}");
    }
}

fn build(items: &Embeddings) -> GraphIndex {
    GraphBuilder::default().build(items.clone(), Progress::Silent).unwrap()
}

#[test]
fn norms_that_spread() {
    for sigma in [0.3, 1.0] {
        let items = spread(5000, sigma, 1);
        let index = build(&items);
        check(&index, &items, &spread(100, 0.0, 2), &format!("norms of sigma {sigma}"));
        let few = Effort { ef_search: Some(64), ..Effort::default() };
        let exact = FlatIndex::new(items).unwrap();
        let recall = index.recall_against(&exact, &spread(100, 0.0, 2), 10, &few).unwrap();
        assert!(recall >= 0.95, "the graph itself, sigma {sigma}: {recall}");
    }
}

#[test]
fn near_duplicates_and_what_lies_apart() {
    let items = near_duplicates(4000);
    let index = build(&items);
    check(&index, &items, &rows(&items, 4000..4020), "what lies apart");
    check(&index, &items, &rows(&items, 0..100), "near duplicates");
    check(&index, &items, &spread(100, 0.0, 7), "random queries");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    index.save(&path).unwrap();
    let again = GraphIndex::open_mapped(&path).unwrap();
    let queries = rows(&items, 3990..4020);
    assert_eq!(again.search(&queries, 10).unwrap(), index.search(&queries, 10).unwrap());
}

#[test]
fn what_lies_apart_is_found_when_it_comes_one_by_one() {
    let items = near_duplicates(3000);
    let mut index = build(&rows(&items, 0..3000));
    for row in 3000..3020 {
        index.add(&rows(&items, row..row + 1)).unwrap();
    }
    let hits = index.search(&rows(&items, 3000..3020), 1).unwrap();
    let found: Vec<usize> = hits.iter().map(|hits| hits[0].item).collect();
    assert_eq!(found, (3000..3020).collect::<Vec<_>>());
}
