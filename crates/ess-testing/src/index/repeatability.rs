//! The same question, the same answer.

use ess_core::{Embeddings, Hit, Index};

use super::{promise::Promise, searching::search};
use crate::generate::{coarse_embeddings, embeddings};

pub(super) fn check<I: Index>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    for (items, queries) in [
        (embeddings(700, 24, 12), embeddings(67, 24, 13)),
        (coarse_embeddings(700, 3, 14), coarse_embeddings(20, 3, 15)),
    ] {
        let index = build(items.clone());
        let expected = search(&index, &queries, 10, "a batch");
        in_pools(|threads| {
            let again = search(&index, &queries, 10, "a batch again");
            assert_eq!(again, expected, "the same batch again, with {threads} threads: the same hits");
        });
        several_ask_at_once(&index, &queries, &expected);
        let tolerance = promise.batch * largest_norm(&items) * largest_norm(&queries);
        alone_as_in_a_batch(&index, &queries, &expected, tolerance);
    }
}

/// Runs `check` in rayon pools of several sizes.
pub(crate) fn in_pools(check: impl Fn(usize) + Sync) {
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        match pool {
            Ok(pool) => pool.install(|| check(threads)),
            Err(error) => panic!("the suite needs a pool of {threads} threads: {error}"),
        }
    }
}

fn several_ask_at_once<I: Index>(index: &I, queries: &Embeddings, expected: &[Vec<Hit>]) {
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let found = search(index, queries, 10, "several threads at once");
                assert_eq!(found, expected, "several threads at once: the same hits");
            });
        }
    });
}

fn alone_as_in_a_batch<I: Index>(index: &I, queries: &Embeddings, expected: &[Vec<Hit>], tolerance: f32) {
    for size in [1, 5] {
        let rows: Vec<&[f32]> = queries.rows().collect();
        let mut found = Vec::new();
        for rows in rows.chunks(size) {
            let queries = Embeddings::from_rows(rows).expect("rows of embeddings");
            found.extend(search(index, &queries, 10, "a smaller batch"));
        }
        let claim = format!("batches of {size} and of {}", queries.len());
        if tolerance == 0.0 {
            assert_eq!(found, expected, "{claim}: the same hits");
        }
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            let difference = (found.similarity - expected.similarity).abs();
            assert!(difference <= tolerance, "{claim}: expected {expected:?} ± {tolerance}, found {found:?}");
        }
    }
}

fn largest_norm(embeddings: &Embeddings) -> f32 {
    let norm = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>().sqrt();
    embeddings.rows().map(norm).fold(0.0, f32::max)
}
