//! Searching while other threads change the index.

use std::sync::atomic::{AtomicBool, Ordering};

use ess_core::{Embeddings, MutableIndex};

use super::{promise::Promise, searching::search};
use crate::generate::embeddings;

const DIM: usize = 6;
const LASTING: usize = 100;
const BATCH: usize = 16;
const ROUNDS: usize = 25;

pub(super) fn check<I: MutableIndex + Clone>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    let lasting = embeddings(LASTING, DIM, 40);
    // Shorter than any other item, so that they push no lasting item out of the hits.
    let passing = small(&embeddings(BATCH * ROUNDS, DIM, 41));
    let index = build(lasting.clone());
    let expected = search(&index, &lasting, 1, "before changes");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (index, done, expected, lasting) = (index.clone(), &done, &expected, &lasting);
            scope.spawn(move || {
                loop {
                    let last = done.load(Ordering::Acquire);
                    let found = search(&index, lasting, 1, "during changes");
                    if promise.recall == 1.0 {
                        assert_eq!(
                            &found, expected,
                            "items that are there all the time are found during changes"
                        );
                    }
                    more_hits(&index, lasting);
                    if last {
                        break;
                    }
                }
            });
        }
        change(index.clone(), &passing);
        done.store(true, Ordering::Release);
    });
    assert_eq!(index.len(), LASTING, "after changes in other threads: len");
    assert_eq!(index.rows(), LASTING + BATCH * ROUNDS, "after changes in other threads: rows");
    let found = search(&index, &lasting, LASTING, "after changes");
    let lasting = found.iter().flatten().all(|hit| hit.item < LASTING);
    assert!(lasting, "items removed by another thread are not found");
}

fn change<I: MutableIndex>(mut index: I, passing: &Embeddings) {
    for round in 0..ROUNDS {
        let rows: Vec<usize> = (round * BATCH..(round + 1) * BATCH).collect();
        let added = index.add(&passing.select(&rows).expect("rows of generated items"));
        match added.and_then(|rows| index.remove(&rows.collect::<Vec<_>>())) {
            Ok(()) => {}
            Err(error) => panic!("adding and removing during searches: expected no error, found {error}"),
        }
    }
}

fn more_hits<I: MutableIndex>(index: &I, queries: &Embeddings) {
    for hits in search(index, queries, LASTING, "during changes") {
        assert_eq!(hits.len(), LASTING, "k hits during changes");
        assert!(hits.is_sorted_by(|a, b| a.by_relevance(b).is_lt()), "the order of hits during changes");
    }
}

fn small(items: &Embeddings) -> Embeddings {
    Embeddings::new(items.view().mapv(|x| x * 1e-3)).expect("smaller numbers are finite")
}
