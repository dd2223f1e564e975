//! Agreement with comparing everything in `f64`.

use std::collections::HashSet;

use ess_core::{Embeddings, Index};

use super::{promise::Promise, scores, searching::search};
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
        scores::check(&found, queries, &items, &|_| true, k, promise, &claim);
    }
}

fn scaled(embeddings: &Embeddings, factor: f32) -> Embeddings {
    let scaled = embeddings.view().mapv(|x| x * factor);
    Embeddings::new(scaled).expect("factors keep generated numbers finite")
}
