//! The space of removed items given back.

use ess_core::{Embeddings, Hit, Index, MutableIndex};

use super::{promise::Promise, scores, searching::search};
use crate::generate::embeddings;

const DIM: usize = 10;

pub(super) fn check<I: MutableIndex>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    let items = embeddings(400, DIM, 60);
    for (name, removed) in [
        ("one of 3", (|row| row % 3 == 1) as fn(usize) -> bool),
        ("the first ones", |row| row < 130),
        ("all but one", |row| row != 77),
    ] {
        let mut index = build(rows_of(&items, &(0..300).collect::<Vec<_>>()));
        add(&mut index, &rows_of(&items, &(300..400).collect::<Vec<_>>()));
        remove(&mut index, &(0..400).filter(|&row| removed(row)).collect::<Vec<_>>());
        let claim = format!("compacted after {name} was removed");
        compacts(&mut index, &items, removed, promise, &claim);
    }
    keeps_what_needs_no_change(build, &items);
}

fn compacts<I: MutableIndex>(
    index: &mut I,
    items: &Embeddings,
    removed: fn(usize) -> bool,
    promise: &Promise,
    claim: &str,
) {
    let kept: Vec<usize> = (0..400).filter(|&row| !removed(row)).collect();
    let queries = embeddings(9, DIM, 61);
    let k = 10.min(kept.len());
    let before = search(index, &queries, k, claim);
    let rows = compact(index);
    let mut expected = vec![None; 400];
    kept.iter().enumerate().for_each(|(new, &old)| expected[old] = Some(new));
    assert_eq!(rows, expected, "{claim}: the new row of each old one");
    assert_eq!((index.len(), index.rows()), (kept.len(), kept.len()), "{claim}: len and rows");
    let left = rows_of(items, &kept);
    agrees(index, &left, &|_| true, promise, claim);
    if promise.recall == 1.0 {
        let moved = |hit: &Hit| Hit { item: rows[hit.item].unwrap_or(usize::MAX), ..*hit };
        let moved: Vec<Vec<Hit>> = before.iter().map(|hits| hits.iter().map(moved).collect()).collect();
        assert_eq!(search(index, &queries, k, claim), moved, "{claim}: the same hits");
    }
    let given = index.add(items);
    let after = kept.len() + 400;
    assert_eq!(given.ok(), Some(kept.len()..after), "{claim}: rows of items added afterwards");
    remove(index, &[0]);
    let both = Embeddings::from_vec([left.as_slice(), items.as_slice()].concat(), DIM).expect("items");
    agrees(index, &both, &|row| row != 0, promise, claim);
}

fn keeps_what_needs_no_change<I: MutableIndex>(build: &impl Fn(Embeddings) -> I, items: &Embeddings) {
    let mut index = build(items.clone());
    let same: Vec<Option<usize>> = (0..400).map(Some).collect();
    let before = search(&index, items, 3, "before compacting");
    assert_eq!(compact(&mut index), same, "compacting with nothing removed: every row as it was");
    assert_eq!(search(&index, items, 3, "after compacting"), before, "compacting with nothing removed");
    remove(&mut index, &(0..400).collect::<Vec<_>>());
    assert_eq!(compact(&mut index), same, "compacting with nothing left: every row as it was");
    assert_eq!((index.len(), index.rows()), (0, 400), "compacting with nothing left: len and rows");
}

fn compact<I: MutableIndex>(index: &mut I) -> Vec<Option<usize>> {
    match index.compact() {
        Ok(rows) => rows,
        Err(error) => panic!("compacting: expected no error, found {error}"),
    }
}

fn add<I: MutableIndex>(index: &mut I, items: &Embeddings) {
    if let Err(error) = index.add(items) {
        panic!("adding {} items: expected no error, found {error}", items.len());
    }
}

fn remove<I: MutableIndex>(index: &mut I, rows: &[usize]) {
    if let Err(error) = index.remove(rows) {
        panic!("removing {} rows: expected no error, found {error}", rows.len());
    }
}

fn agrees<I: Index>(
    index: &I,
    items: &Embeddings,
    admits: &dyn Fn(usize) -> bool,
    promise: &Promise,
    claim: &str,
) {
    let queries = embeddings(9, DIM, 62);
    for k in [1, 10.min(index.len()), index.len()] {
        let claim = format!("{claim}, k = {k}");
        let found = search(index, &queries, k, &claim);
        scores::check(&found, &queries, items, admits, k, promise, &claim);
    }
}

fn rows_of(items: &Embeddings, rows: &[usize]) -> Embeddings {
    items.select(rows).expect("rows of generated items")
}
