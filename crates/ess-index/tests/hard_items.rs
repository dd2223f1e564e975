//! Items and queries that a graph finds hard. Defaults must find what is best.

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
    spread_in(32, n, sigma, seed)
}

fn spread_in(dim: usize, n: usize, sigma: f32, seed: u64) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for _ in 0..n {
        let norm = (sigma * normal(random)).exp();
        rows.push(direction(random, dim).iter().map(|x| x * norm).collect::<Vec<f32>>());
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

/// Random directions of many dimensions: no item is much closer to a query than the next.
fn random(n: usize, seed: u64) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    Embeddings::from_rows(&Vec::from_iter((0..n).map(|_| direction(random, 64)))).unwrap()
}

/// Clusters whose sizes fall from hundreds to a few, with radii between 0.02 and 1.
fn clusters(n: usize, seed: u64) -> Embeddings {
    const CLUSTERS: usize = 40;
    let centres = spread(CLUSTERS, 0.0, 11);
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    let rows = (0..n).flat_map(|item| {
        let cluster = (CLUSTERS as f32 * (item as f32 / n as f32).powi(3)) as usize;
        let radius = 0.02 * 50_f32.powf((cluster as f32 * 0.618).fract());
        let moved = direction(random, 32);
        let row = centres.row(cluster).iter().zip(moved).map(|(x, d)| x + radius * d);
        row.collect::<Vec<f32>>()
    });
    Embeddings::from_vec(rows.collect(), 32).unwrap().normalized()
}

/// Groups of 50 that differ by thousandths.
fn groups(n: usize) -> Embeddings {
    let originals = spread(n / 50, 0.0, 12);
    let random = &mut ChaCha8Rng::seed_from_u64(13);
    let rows = (0..n).flat_map(|row| {
        let moved = direction(random, 32);
        let row = originals.row(row / 50).iter().zip(moved).map(|(x, d)| x + 0.003 * d);
        row.collect::<Vec<f32>>()
    });
    Embeddings::from_vec(rows.collect(), 32).unwrap().normalized()
}

/// Near a surface of four dimensions, as embeddings are.
fn surface(n: usize, seed: u64) -> Embeddings {
    let maps = spread(32, 0.0, 14);
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    let rows = (0..n).flat_map(|_| {
        let latent: [f32; 4] = std::array::from_fn(|_| 2.0 * normal(random));
        let wave = |map: &[f32]| (map.iter().zip(latent).map(|(m, x)| 4.0 * m * x).sum::<f32>()).sin();
        maps.rows().map(wave).collect::<Vec<f32>>()
    });
    Embeddings::from_vec(rows.collect(), 32).unwrap().normalized()
}

/// Half of each query, and half of what a random linear map makes of it.
fn mapped(queries: &Embeddings) -> Embeddings {
    let map = spread(queries.dim(), 0.0, 15);
    let rows = queries.rows().flat_map(|query| {
        let product = |row: &[f32]| row.iter().zip(query).map(|(m, x)| m * x).sum::<f32>();
        let row = query.iter().zip(map.rows()).map(|(x, row)| x + product(row));
        row.collect::<Vec<f32>>()
    });
    Embeddings::from_vec(rows.collect(), queries.dim()).unwrap().normalized()
}

fn with_norms(items: &Embeddings, sigma: f32) -> Embeddings {
    let random = &mut ChaCha8Rng::seed_from_u64(16);
    let mut items = items.clone().into_matrix();
    items.rows_mut().into_iter().for_each(|mut row| {
        let norm = (sigma * normal(random)).exp();
        row.mapv_inplace(|x| x * norm);
    });
    Embeddings::new(items).unwrap()
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

/// A walk with 64 candidates, which looks at no more than 64 · 32 / 2 items, finds as much as defaults have to.
fn check_walk(index: &GraphIndex, items: &Embeddings, queries: &Embeddings, hits: &[usize], what: &str) {
    let few = Effort { ef_search: Some(64), ..Effort::default() };
    let exact = FlatIndex::new(items.clone()).unwrap();
    for &k in hits {
        let recall = index.recall_against(&exact, queries, k, &few).unwrap();
        assert!(recall >= 0.95, "{what}, a walk for {k}: recall {recall}");
    }
}

/// The number of candidates of a default search for up to ten hits, as the file of the index says.
fn default_candidates(index: &GraphIndex) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    index.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let header = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[40..40 + header]).unwrap();
    header["about"]["survey"]["candidates"][0].as_u64().unwrap() as usize
}

/// A search is a scan where half of the links of its candidates are as many as the items.
fn check_defaults_walk(index: &GraphIndex, what: &str) {
    let looks = default_candidates(index) * index.builder().degree / 2;
    assert!(looks < index.rows(), "{what}: looks at {looks} items");
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
fn log_normal_norms_as_they_were_reported() {
    let (items, queries) = (spread_in(64, 8326, 1.0, 1), spread_in(64, 100, 0.0, 2));
    let index = build(&items);
    check(&index, &items, &queries, "8326 items of log-normal norms");
    check_defaults_walk(&index, "8326 items of log-normal norms");
    check_walk(&index, &items, &queries, &[1, 10], "8326 items of log-normal norms");
}

#[test]
fn near_duplicates_as_they_were_reported() {
    let items = near_duplicates(5000);
    let index = build(&items);
    let (apart, alike) = (rows(&items, 5000..5020), rows(&items, 0..100));
    check(&index, &items, &apart, "what lies apart from 5000");
    check(&index, &items, &alike, "5000 near duplicates");
    check_defaults_walk(&index, "5000 near duplicates");
    check_walk(&index, &items, &apart, &[1], "what lies apart from 5000");
}

#[test]
fn random_directions() {
    let items = random(4000, 1);
    check(&build(&items), &items, &random(100, 2), "random directions");
}

#[test]
fn clusters_of_unequal_density() {
    for sigma in [0.0, 0.3] {
        let items = with_norms(&clusters(2000, 1), sigma);
        let index = build(&items);
        check(&index, &items, &clusters(100, 2), &format!("clusters, norms of sigma {sigma}"));
        check(&index, &items, &spread(100, 0.0, 3), &format!("random queries of clusters, {sigma}"));
    }
}

#[test]
fn groups_of_near_duplicates_and_queries_far_from_all() {
    let items = groups(3000);
    check(&build(&items), &items, &spread(100, 0.0, 4), "groups");
}

#[test]
fn queries_after_a_linear_map() {
    let queries = mapped(&surface(100, 2));
    for sigma in [0.0, 1.0] {
        let items = with_norms(&surface(2000, 1), sigma);
        check(&build(&items), &items, &queries, &format!("mapped queries, norms of sigma {sigma}"));
    }
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
