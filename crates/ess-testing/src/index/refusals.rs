//! Input that every index refuses, without a panic, and `k` beyond the items, which none refuses.

use ess_core::{Embeddings, Error, Index};

use super::{promise::Promise, scores, searching::search};
use crate::generate::{constant_embeddings, embeddings};

pub(super) fn check<I: Index>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    let (items, queries) = (embeddings(20, 4, 9), embeddings(2, 4, 10));
    let index = build(items.clone());
    let found = index.search(&queries, 0);
    let refused = matches!(found, Err(Error::KOutOfRange { k: 0, len: 20 }));
    assert!(refused, "k = 0 of 20 items: expected KOutOfRange, found {found:?}");
    for k in [21, usize::MAX] {
        let claim = format!("k = {k} of 20 items");
        let found = search(&index, &queries, k, &claim);
        scores::check(&found, &queries, &items, &|_| true, 20, promise, &claim);
    }
    for dim in [3, 5] {
        let found = index.search(&embeddings(2, dim, 11), 1);
        let refused =
            matches!(found, Err(Error::DimensionMismatch { expected: 4, found, .. }) if found == dim);
        assert!(refused, "queries of dimension {dim}: expected DimensionMismatch, found {found:?}");
    }
    if promise.largest >= 1e30 {
        overflow(build);
    }
}

/// Similarities that no `f32` holds are refused, or replaced by something finite.
fn overflow<I: Index>(build: &impl Fn(Embeddings) -> I) {
    let mut items = constant_embeddings(60, 4, 1.0).into_matrix();
    items.row_mut(50).fill(1e30);
    let index = build(Embeddings::new(items).expect("1e30 is finite"));
    for value in [1e30, -1e30] {
        if let Ok(found) = index.search(&constant_embeddings(2, 4, value), 60) {
            let finite = found.iter().flatten().all(|hit| hit.similarity.is_finite());
            assert!(
                finite,
                "similarities that overflow: expected an error or finite numbers, found {found:?}"
            );
        }
    }
}
