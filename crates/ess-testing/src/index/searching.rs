//! Searches that must succeed.

use ess_core::{Embeddings, Hit, Index, SearchParams};

pub(super) fn search_with<I: Index>(
    index: &I,
    queries: &Embeddings,
    k: usize,
    params: &SearchParams<'_>,
    claim: &str,
) -> Vec<Vec<Hit>> {
    match index.search_with(queries, k, params) {
        Ok(hits) => hits,
        Err(error) => panic!("{claim}: expected hits, found the error {error}"),
    }
}

pub(super) fn search<I: Index>(index: &I, queries: &Embeddings, k: usize, claim: &str) -> Vec<Vec<Hit>> {
    match index.search(queries, k) {
        Ok(hits) => hits,
        Err(error) => panic!("{claim}: expected hits, found the error {error}"),
    }
}
