//! Hits against sums in `f64`.

use std::collections::HashSet;

use ess_core::{Embeddings, Hit};

use super::promise::Promise;

/// Checks the hits found for a batch among the items admitted; `k` at most as many as those.
pub(super) fn check(
    found: &[Vec<Hit>],
    queries: &Embeddings,
    items: &Embeddings,
    admits: &dyn Fn(usize) -> bool,
    k: usize,
    promise: &Promise,
    claim: &str,
) {
    assert_eq!(found.len(), queries.len(), "{claim}: one list for each query");
    let mut recall = 0.0;
    for (query, hits) in queries.rows().zip(found) {
        let scores = Scores::new(query, items, admits);
        scores.check_hits(hits, k, promise, claim);
        recall += scores.recall(hits, k, promise) / queries.len() as f64;
    }
    // The mean of ones need not be one.
    assert!(recall >= promise.recall - 1e-9, "{claim}: expected recall {}, found {recall}", promise.recall);
}

/// One query's similarities with all items, in `f64`.
struct Scores<'a> {
    similarities: Vec<f64>,
    // The product of the norms of the query and each item: what an error of rounding is measured by.
    scales: Vec<f64>,
    admits: &'a dyn Fn(usize) -> bool,
}

impl<'a> Scores<'a> {
    fn new(query: &[f32], items: &Embeddings, admits: &'a dyn Fn(usize) -> bool) -> Self {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        Self {
            similarities: items.rows().map(|item| dot(query, item)).collect(),
            scales: items.rows().map(|item| (dot(query, query) * dot(item, item)).sqrt()).collect(),
            admits,
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
            assert!((self.admits)(hit.item), "{claim}: item {} is not admitted", hit.item);
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
            let missing = |item: &usize| {
                (self.admits)(*item) && self.similarities[*item] == tie && !found.contains(item)
            };
            let before = (0..last.item).find(missing);
            assert_eq!(before, None, "{claim}: an item before {last:?} ties with it and is missing");
        }
    }

    fn recall(&self, hits: &[Hit], k: usize, promise: &Promise) -> f64 {
        let mut best: Vec<f64> = (0..self.similarities.len())
            .filter(|&item| (self.admits)(item))
            .map(|item| self.similarities[item])
            .collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let good = |hit: &&Hit| {
            self.similarities[hit.item] + 2.0 * self.error_allowed(hit.item, promise) >= best[k - 1]
        };
        hits.iter().filter(good).count() as f64 / k as f64
    }
}
