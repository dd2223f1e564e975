//! Agreement with comparing everything in `f64`.

use std::collections::HashSet;

use ess_core::{Embeddings, Hit, Index};

use super::{Promise, search};
use crate::generate::{coarse_embeddings, constant_embeddings, embeddings};

pub(super) fn check<I: Index>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    for (n, dim) in [(1, 1), (2, 3), (17, 1), (100, 5), (257, 33), (400, 96)] {
        let claim = format!("{n} items of dimension {dim}");
        check_items(build, embeddings(n, dim, 3), &embeddings(7, dim, 4), promise, &claim);
    }
    let duplicates = coarse_embeddings(300, 3, 5);
    check_items(build, duplicates, &coarse_embeddings(9, 3, 6), promise, "items that occur twice");
    for (claim, item, query) in
        [("items of zeros", 0.0, 1.0), ("queries of zeros", 1.0, 0.0), ("zeros", 0.0, 0.0)]
    {
        let items = constant_embeddings(70, 4, item);
        check_items(build, items, &constant_embeddings(2, 4, query), promise, claim);
    }
    let norm = promise.largest.min(1e18);
    let huge = scaled(&embeddings(150, 8, 7), norm);
    check_items(build, huge, &scaled(&embeddings(5, 8, 8), 1e18), promise, "huge norms");
}

fn check_items<I: Index>(
    build: &impl Fn(Embeddings) -> I,
    items: Embeddings,
    queries: &Embeddings,
    promise: &Promise,
    claim: &str,
) {
    let index = build(items.clone());
    assert_eq!(index.len(), items.len(), "{claim}: len");
    assert_eq!(index.dim(), items.dim(), "{claim}: dim");
    assert!(!index.is_empty(), "{claim}: is_empty");
    for k in HashSet::from([1, 10.min(items.len()), items.len()]) {
        let claim = format!("{claim}, k = {k}");
        let found = search(&index, queries, k, &claim);
        assert_eq!(found.len(), queries.len(), "{claim}: one list for each query");
        let mut recall = 0.0;
        for (query, hits) in queries.rows().zip(&found) {
            let scores = Scores::new(query, &items);
            scores.check_hits(hits, k, promise, &claim);
            recall += scores.recall(hits, k, promise) / queries.len() as f64;
        }
        // The mean of ones need not be one.
        assert!(
            recall >= promise.recall - 1e-9,
            "{claim}: expected recall {}, found {recall}",
            promise.recall
        );
    }
}

/// One query's similarities with all items, in `f64`.
struct Scores {
    similarities: Vec<f64>,
    // The product of the norms of the query and each item: what an error of rounding is measured by.
    scales: Vec<f64>,
}

impl Scores {
    fn new(query: &[f32], items: &Embeddings) -> Self {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        Self {
            similarities: items.rows().map(|item| dot(query, item)).collect(),
            scales: items.rows().map(|item| (dot(query, query) * dot(item, item)).sqrt()).collect(),
        }
    }

    fn error_allowed(&self, item: usize, promise: &Promise) -> f64 {
        f64::from(promise.similarity) * self.scales[item]
    }

    fn check_hits(&self, hits: &[Hit], k: usize, promise: &Promise, claim: &str) {
        assert_eq!(hits.len(), k, "{claim}: k hits for each query");
        let different: HashSet<usize> = hits.iter().map(|hit| hit.item).collect();
        assert_eq!(different.len(), k, "{claim}: no item twice in {hits:?}");
        assert!(hits.is_sorted_by(|a, b| a.by_relevance(b).is_lt()), "{claim}: the order of {hits:?}");
        for hit in hits {
            assert!(hit.item < self.similarities.len(), "{claim}: item {} does not exist", hit.item);
            let expected = self.similarities[hit.item];
            let error = (f64::from(hit.similarity) - expected).abs();
            let allowed = self.error_allowed(hit.item, promise);
            // Not `>`, which lets NaN pass.
            assert!(error <= allowed, "{claim}: expected {expected} ± {allowed}, found {hit:?}");
        }
        if promise.recall == 1.0 {
            self.check_ties(hits, claim);
        }
    }

    /// An exact index returns the first of the items that tie with its last hit.
    fn check_ties(&self, hits: &[Hit], claim: &str) {
        let Some(last) = hits.last() else { return };
        let found: HashSet<usize> = hits.iter().map(|hit| hit.item).collect();
        let tie = self.similarities[last.item];
        // Only where `f32` has the sum exactly: elsewhere rounding may part what ties in `f64`.
        if f64::from(last.similarity) == tie {
            let before = (0..last.item).find(|item| self.similarities[*item] == tie && !found.contains(item));
            assert_eq!(before, None, "{claim}: an item before {last:?} ties with it and is missing");
        }
    }

    fn recall(&self, hits: &[Hit], k: usize, promise: &Promise) -> f64 {
        let mut best = self.similarities.clone();
        best.sort_by(|a, b| b.total_cmp(a));
        let good = |hit: &&Hit| {
            self.similarities[hit.item] + 2.0 * self.error_allowed(hit.item, promise) >= best[k - 1]
        };
        hits.iter().filter(good).count() as f64 / k as f64
    }
}

fn scaled(embeddings: &Embeddings, factor: f32) -> Embeddings {
    let scaled = embeddings.view().mapv(|x| x * factor);
    Embeddings::new(scaled).expect("factors keep generated numbers finite")
}
