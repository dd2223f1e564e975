//! Items in and out.

use ess_core::{Embeddings, Error, Index, MutableIndex, RowSet, SearchParams};

use super::{
    promise::Promise,
    scores,
    searching::{search, search_with},
};
use crate::generate::embeddings;

const DIM: usize = 10;

pub(super) fn check<I: MutableIndex>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    let items = embeddings(400, DIM, 30);
    let first: Vec<usize> = (0..150).collect();
    let mut index = build(rows_of(&items, &first));
    adds(&mut index, &items, promise);
    refuses(&mut index, &items);
    removes(&mut index, &items, promise);
    empties(&mut index, &items, promise);
}

fn adds<I: MutableIndex>(index: &mut I, items: &Embeddings, promise: &Promise) {
    for (start, end) in [(150, 151), (151, 200), (200, 400)] {
        let rows: Vec<usize> = (start..end).collect();
        let given = index.add(&rows_of(items, &rows));
        assert_eq!(
            given.as_ref().ok(),
            Some(&(start..end)),
            "add: expected rows {start}..{end}, found {given:?}"
        );
        assert_eq!((index.len(), index.rows()), (end, end), "add: len and rows");
    }
    agrees(index, items, &|_| true, promise, "after items were added");
    // What has just come is found by itself, as far as its norm allows.
    agrees_on(index, items, &rows_of(items, &[0, 150, 151, 399]), &|_| true, promise, "items as queries");
}

fn refuses<I: MutableIndex>(index: &mut I, items: &Embeddings) {
    let before = search(index, items, 5, "before wrong changes");
    let found = index.add(&embeddings(3, DIM + 1, 31));
    let refused = matches!(found, Err(Error::DimensionMismatch { .. }));
    assert!(refused, "items of another dimension: expected DimensionMismatch, found {found:?}");
    for row in [400, usize::MAX] {
        let found = index.remove(&[3, row]);
        let refused = matches!(found, Err(Error::RowOutOfRange { row: named, .. }) if named == row);
        assert!(refused, "removing row {row} of 400: expected RowOutOfRange, found {found:?}");
    }
    assert_eq!(search(index, items, 5, "after wrong changes"), before, "wrong changes change nothing");
}

fn removes<I: MutableIndex>(index: &mut I, items: &Embeddings, promise: &Promise) {
    let gone: Vec<usize> = (0..400).filter(|row| row % 3 == 1).collect();
    remove(index, &gone);
    remove(index, &gone[..7]);
    remove(index, &[]);
    assert_eq!((index.len(), index.rows()), (400 - gone.len(), 400), "remove: len and rows");
    agrees(index, items, &|row| row % 3 != 1, promise, "after items were removed");
    if index.capabilities().filter {
        let odd = RowSet::from_predicate(400, |row| row % 2 == 1);
        let queries = embeddings(5, DIM, 33);
        let found = search_with(index, &queries, 10, &SearchParams::from(&odd), "a filter after a removal");
        let admits = |row: usize| row % 2 == 1 && row % 3 != 1;
        scores::check(&found, &queries, items, &admits, 10, promise, "a filter after a removal");
    }
    let claim = "k beyond what is left";
    let found = search(index, items, index.len() + 1, claim);
    scores::check(&found, items, items, &|row| row % 3 != 1, index.len(), promise, claim);
}

/// To nothing and back.
fn empties<I: MutableIndex>(index: &mut I, items: &Embeddings, promise: &Promise) {
    remove(index, &(0..400).collect::<Vec<_>>());
    assert!(index.is_empty(), "all items removed: is_empty");
    let found = search(index, items, 1, "an empty index");
    assert_eq!(found, vec![Vec::new(); items.len()], "an empty index: no hit for each query");
    let found = index.search(items, 0);
    let refused = matches!(found, Err(Error::KOutOfRange { k: 0, len: 0 }));
    assert!(refused, "k = 0 of an empty index: expected KOutOfRange, found {found:?}");
    let given = index.add(items);
    assert_eq!(given.as_ref().ok(), Some(&(400..800)), "add: rows are not given again, found {given:?}");
    assert_eq!((index.len(), index.rows()), (400, 800), "an index filled again: len and rows");
    let both = Embeddings::from_vec([items.as_slice(), items.as_slice()].concat(), DIM).expect("two copies");
    agrees(index, &both, &|row| row >= 400, promise, "an index filled again");
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
    agrees_on(index, items, &embeddings(9, DIM, 32), admits, promise, claim);
}

fn agrees_on<I: Index>(
    index: &I,
    items: &Embeddings,
    queries: &Embeddings,
    admits: &dyn Fn(usize) -> bool,
    promise: &Promise,
    claim: &str,
) {
    for k in [1, 10, index.len()] {
        let claim = format!("{claim}, k = {k}");
        let found = search(index, queries, k, &claim);
        scores::check(&found, queries, items, admits, k, promise, &claim);
    }
}

fn rows_of(items: &Embeddings, rows: &[usize]) -> Embeddings {
    items.select(rows).expect("rows of generated items")
}
