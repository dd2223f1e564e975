//! Several indexes over what one engine holds.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ess_core::{Embeddings, Error as CoreError, Filter, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, Error};
use proptest::prelude::*;

use crate::{
    items, reliable, settings,
    unreliable::{Fate, Held, Numbering, Unreliable, plans},
};

/// Another index of what is held.
fn beside(held: &Arc<Mutex<Held>>, numbering: Numbering) -> EngineIndex<Unreliable> {
    EngineIndex::new(Unreliable::beside(held, numbering, 2, Vec::new()), settings(0)).unwrap()
}

#[test]
fn searching_goes_on_while_items_come_in() {
    let index = reliable(items(5));
    let writer = index.clone();
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let adding = thread::spawn(move || {
        let mut writer = writer;
        for _ in 0..20 {
            writer.add(&items(7)).unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    while done.load(Ordering::SeqCst) < 20 {
        let found = index.search(&items(2), 5).unwrap();
        assert!(found.iter().all(|hits| hits.len() == 5));
    }
    adding.join().unwrap();
    assert_eq!(index.len(), 145);
}

/// Adds items that no other addition has, from several threads, and finds each of them in the row that was promised.
fn nothing_is_lost(indexes: Vec<EngineIndex<Unreliable>>, held: &Mutex<Held>) {
    const ADDITIONS: usize = 400;
    let writers = indexes.len();
    let promised: Vec<(usize, f32)> = thread::scope(|scope| {
        let adding = indexes.into_iter().enumerate().map(|(writer, mut index)| {
            scope.spawn(move || {
                let add = |number: usize| {
                    let value = (writer * ADDITIONS + number) as f32;
                    (index.add(&Embeddings::from_rows(&[[value, 1.0]]).unwrap()).unwrap().start, value)
                };
                (0..ADDITIONS).map(add).collect::<Vec<_>>()
            })
        });
        let adding: Vec<_> = adding.collect();
        adding.into_iter().flat_map(|adding| adding.join().unwrap()).collect()
    });
    let rows = &held.lock().unwrap().rows;
    assert_eq!((promised.len(), rows.len()), (writers * ADDITIONS, writers * ADDITIONS));
    for (row, value) in promised {
        assert_eq!(rows[&(row as i64)], [value, 1.0]);
    }
}

#[test]
fn clones_add_at_once() {
    for numbering in [Numbering::Unknown, Numbering::Placed, Numbering::Reserved, Numbering::Own] {
        let held = Arc::default();
        let index = beside(&held, numbering);
        nothing_is_lost(vec![index.clone(); 8], &held);
        assert_eq!((index.len(), index.rows()), (3200, 3200));
    }
}

#[test]
fn indexes_of_their_own_add_at_once() {
    for numbering in [Numbering::Placed, Numbering::Reserved, Numbering::Own] {
        let held = Arc::default();
        let index = || beside(&held, numbering);
        let (indexes, onlooker) = ((0..8).map(|_| index()).collect(), index());
        nothing_is_lost(indexes, &held);
        assert_eq!((onlooker.len(), onlooker.rows()), (0, 0));
        onlooker.refresh().unwrap();
        assert_eq!((onlooker.len(), onlooker.rows()), (3200, 3200));
    }
}

#[test]
fn a_k_beyond_the_items_finds_what_others_added_too() {
    let held = Arc::default();
    let index = || beside(&held, Numbering::Placed);
    let onlooker = index();
    assert_eq!(onlooker.search(&items(2), 4).unwrap(), [[], []]);
    index().add(&items(10)).unwrap();
    assert_eq!(onlooker.len(), 0);
    let found = onlooker.search(&items(2), usize::MAX).unwrap();
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10]);
    assert_eq!(onlooker.len(), 10);
}

#[test]
fn what_others_added_is_not_overwritten_and_not_admitted() {
    for numbering in [Numbering::Unknown, Numbering::Placed, Numbering::Reserved, Numbering::Own] {
        let held = Arc::default();
        let index = || beside(&held, numbering);
        let mut index_of_ten = index();
        index_of_ten.add(&items(10)).unwrap();
        assert_eq!(index().add(&Embeddings::from_rows(&[[9.0, 9.0]]).unwrap()).unwrap(), 10..11);
        let query = Embeddings::from_rows(&[[1.0, 1.0]]).unwrap();
        let all_but_one = RowSet::from_predicate(10, |row| row != 3);
        let found = index_of_ten.search_with(&query, 9, &SearchParams::from(&all_but_one)).unwrap();
        let mut rows: Vec<usize> = found[0].iter().map(|hit| hit.item).collect();
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
        assert_eq!(index_of_ten.search(&query, 1).unwrap()[0][0].item, 10);
        assert_eq!(index_of_ten.rows(), 11, "a row that was found is below");
        assert_eq!(index_of_ten.add(&items(2)).unwrap(), 11..13);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_engine_that_numbers_rows_stores_all_or_nothing(plan in plans(), sizes in prop::collection::vec(1_usize..5, 1..6)) {
        let held = Arc::default();
        let engine = Unreliable::beside(&held, Numbering::Own, 2, plan);
        let mut index = EngineIndex::new(engine, settings(1)).unwrap();
        let mut rows = Vec::new();
        for size in sizes {
            match index.add(&items(size)) {
                Ok(added) => rows.extend(added),
                Err(CoreError::External(error)) => {
                    if let Some(&Error::Uncertain { first_row, end, .. }) = error.downcast_ref::<Error>() {
                        rows.extend(first_row..end);
                    }
                }
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
        let found: Vec<usize> = held.lock().unwrap().rows.keys().map(|&row| row as usize).collect();
        prop_assert_eq!(found, rows);
    }

    #[test]
    fn reserved_rows_are_overwritten_by_nobody(first in plans(), second in plans()) {
        let held = Arc::default();
        let engine = |plan| Unreliable::beside(&held, Numbering::Reserved, 2, plan);
        let mut indexes =
            [first, second].map(|plan| EngineIndex::new(engine(plan), settings(1)).unwrap());
        let mut promised = Vec::new();
        for number in 0..12 {
            let item = [number as f32, 1.0];
            if let Ok(rows) = indexes[number % 2].add(&Embeddings::from_rows(&[item; 4]).unwrap()) {
                promised.extend(rows.map(|row| (row as i64, item.to_vec())));
            }
        }
        let rows = &held.lock().unwrap().rows;
        for (row, item) in promised {
            prop_assert_eq!(rows.get(&row), Some(&item));
        }
    }
}

#[test]
fn an_addition_that_fails_keeps_sight_of_items_that_others_added_behind_it() {
    let plan = vec![Fate::Answered, Fate::Answered, Fate::Overtaken];
    let engine = Unreliable::beside(&Arc::default(), Numbering::Reserved, 2, plan);
    let mut index = EngineIndex::new(engine, settings(0)).unwrap();
    assert!(index.add(&items(4)).is_err());
    // Rows 0 to 3 were set aside and stay without items.
    assert_eq!((index.len(), index.rows()), (1, 5));
    let behind = SearchParams::default().filtered(Filter::Predicate(&|row| row >= 4));
    let hits = index.search_with(&items(1), 3, &behind).unwrap();
    assert_eq!(hits[0].iter().map(|hit| hit.item).collect::<Vec<_>>(), [4]);
}

#[test]
fn rows_of_removed_items_are_not_given_again_by_an_engine_that_reserves() {
    let held = Arc::default();
    let mut index = beside(&held, Numbering::Reserved);
    assert_eq!(index.add(&items(5)).unwrap(), 0..5);
    index.remove(&[3, 4]).unwrap();
    let mut reopened = beside(&held, Numbering::Reserved);
    assert_eq!(reopened.add(&items(1)).unwrap(), 5..6);
    assert_eq!(index.add(&items(1)).unwrap(), 6..7);
}
