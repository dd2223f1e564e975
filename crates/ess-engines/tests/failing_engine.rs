//! An index over an engine whose requests fail as those of a real one do: before they are carried out, after, or not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ess_core::{
    Effort, Embeddings, Error as CoreError, Hit, Index, InnerProduct, MutableIndex, RowSet, SearchParams,
    Similarity, TopK,
};
use ess_engines::{Admitted, AppendId, Engine, EngineIndex, EngineSettings, Error, Extent};
use ess_testing::index::{self, Promise};
use proptest::prelude::*;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Answered,
    /// It never arrives.
    LostBefore,
    /// It is carried out and the answer is lost.
    LostAfter,
    Refused,
}

/// What an engine of the tests holds.
#[derive(Default)]
struct Held {
    rows: BTreeMap<i64, Vec<f32>>,
    appends: BTreeMap<AppendId, usize>,
}

/// How rows are numbered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Numbering {
    /// By the index.
    Unknown,
    /// By the index, which knows others that write to the same place.
    Placed,
    /// By the engine.
    Own,
}

/// Items in memory behind a line that fails by a plan; after the plan, all is well.
struct Unreliable {
    dim: usize,
    held: Arc<Mutex<Held>>,
    numbering: Numbering,
    plan: Vec<Fate>,
    requests: AtomicUsize,
}

impl Unreliable {
    fn new(dim: usize, plan: Vec<Fate>) -> Self {
        Self::beside(&Arc::default(), Numbering::Unknown, dim, plan)
    }

    /// Another client of what is held.
    fn beside(held: &Arc<Mutex<Held>>, numbering: Numbering, dim: usize, plan: Vec<Fate>) -> Self {
        Self { dim, held: Arc::clone(held), numbering, plan, requests: AtomicUsize::new(0) }
    }

    /// Ends the plan.
    fn mend(&self) {
        self.requests.store(self.plan.len(), Ordering::SeqCst);
    }

    fn request<T>(&self, act: impl FnOnce(&mut BTreeMap<i64, Vec<f32>>) -> T) -> Result<T, Error> {
        self.request_held(|held| act(&mut held.rows))
    }

    fn request_held<T>(&self, act: impl FnOnce(&mut Held) -> T) -> Result<T, Error> {
        // Others come in between.
        thread::yield_now();
        let fate = self.plan.get(self.requests.fetch_add(1, Ordering::SeqCst)).copied();
        let (engine, address, operation) = ("memory", "here".to_owned(), "answer");
        let source = || "unplugged".into();
        if fate == Some(Fate::LostBefore) {
            return Err(Error::Unreachable { engine, address, operation, source: source() });
        }
        if fate == Some(Fate::Refused) {
            return Err(Error::Refused { engine, address, operation, source: source() });
        }
        let answer = act(&mut self.held.lock().unwrap());
        match fate {
            Some(Fate::LostAfter) => Err(Error::Timeout { engine, address, operation, seconds: 0.0 }),
            _ => Ok(answer),
        }
    }
}

impl Engine for Unreliable {
    fn dim(&self) -> usize {
        self.dim
    }

    fn exact(&self) -> bool {
        true
    }

    fn extent(&self) -> Result<Extent, Error> {
        self.request(|rows| Extent {
            items: rows.len(),
            next_row: rows.last_key_value().map_or(0, |(&row, _)| row as usize + 1),
        })
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        self.request(|rows| {
            rows.extend(items.rows().enumerate().map(|(at, item)| ((first_row + at) as i64, item.to_vec())));
        })
    }

    fn numbers_rows(&self) -> bool {
        self.numbering == Numbering::Own
    }

    fn append(&self, id: AppendId, first_free: usize, items: &Embeddings) -> Result<usize, Error> {
        let appended = self.request_held(|held| {
            let last = held.rows.last_key_value().map_or(0, |(&row, _)| row as usize + 1);
            let first_row = *held.appends.entry(id).or_insert(first_free.max(last));
            let rows = (first_row..).map(|row| row as i64);
            held.rows.extend(rows.zip(items.rows().map(<[f32]>::to_vec)));
            first_row
        });
        // What a client library knows of a lost answer.
        appended.map_err(|error| match self.held.lock().unwrap().appends.get(&id) {
            Some(&first_row) => {
                Error::Uncertain { first_row, end: first_row + items.len(), source: Box::new(error) }
            }
            None => error,
        })
    }

    fn place(&self) -> Option<String> {
        (self.numbering == Numbering::Placed).then(|| format!("memory at {:p}", Arc::as_ptr(&self.held)))
    }

    fn delete(&self, deleted: &[i64]) -> Result<(), Error> {
        self.request(|rows| rows.retain(|row, _| !deleted.contains(row)))
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        _: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.request(|rows| {
            let admits = |row: &i64| match admitted {
                None => true,
                Some(Admitted::Only(rows)) => rows.contains(row),
                Some(Admitted::AllBut(rows)) => !rows.contains(row),
            };
            let answer = |query: &[f32]| {
                let query = Embeddings::from_rows(&[query]).unwrap();
                let mut best = TopK::new(k);
                for (&row, item) in rows.iter().filter(|(row, _)| admits(row)) {
                    let item = Embeddings::from_rows(&[item]).unwrap();
                    let similarity = InnerProduct.similarities(&query, &item);
                    best.push(Hit::new(row as usize, similarity.map_or(f32::INFINITY, |s| s[[0, 0]])));
                }
                best.into_sorted()
            };
            queries.rows().map(answer).collect()
        })
    }
}

fn settings(retries: u32) -> EngineSettings {
    EngineSettings { batch: 3, queries: 2, retries, pause: 0.0, ..EngineSettings::default() }
}

fn items(n: usize) -> Embeddings {
    Embeddings::from_vec((0..2 * n).map(|i| (i as f32 * 0.7).sin()).collect(), 2).unwrap()
}

fn reliable(items: Embeddings) -> EngineIndex<Unreliable> {
    let mut index = EngineIndex::new(Unreliable::new(items.dim(), Vec::new()), settings(0)).unwrap();
    index.add(&items).unwrap();
    index
}

#[test]
fn conforms() {
    index::conforms(reliable, &Promise::EXACT);
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        Just(Fate::Answered),
        Just(Fate::LostBefore),
        Just(Fate::LostAfter),
        Just(Fate::Refused),
    ];
    proptest::collection::vec(fate, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn storing_again_from_where_it_stopped_loses_and_doubles_nothing(plan in fates(), n in 1_usize..14) {
        let items = items(n);
        // Opening asks once; the plan starts after that.
        let plan = [vec![Fate::Answered], plan].concat();
        let index = EngineIndex::new(Unreliable::new(2, plan), settings(1)).unwrap();
        let mut from = 0;
        for _ in 0..50 {
            let rest: Vec<usize> = (from..n).collect();
            match index.store(from, &items.select(&rest).unwrap()) {
                Ok(()) => break,
                Err(Error::Interrupted { stored_until, .. }) => {
                    prop_assert!(stored_until >= from);
                    from = stored_until;
                }
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
        prop_assert_eq!(index.len(), n);
        prop_assert_eq!(index.rows(), n);
        index.engine().mend();
        let expected = reliable(items.clone()).search(&items, n).unwrap();
        prop_assert_eq!(index.search(&items, n).unwrap(), expected);
    }

    #[test]
    fn adding_is_whole_or_says_what_is_there(plan in fates(), n in 1_usize..14) {
        let plan = [vec![Fate::Answered], plan].concat();
        let mut index = EngineIndex::new(Unreliable::new(2, plan), settings(0)).unwrap();
        match index.add(&items(n)) {
            Ok(rows) => {
                prop_assert_eq!(rows, 0..n);
                prop_assert_eq!(index.len(), n);
            }
            Err(CoreError::External(error)) => match error.downcast_ref::<Error>() {
                Some(Error::Interrupted { first_row: 0, stored_until, end, .. }) => {
                    prop_assert!(stored_until <= end && *end == n);
                }
                Some(_) => prop_assert_eq!(index.len(), 0),
                None => prop_assert!(false, "{}", error),
            },
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let lost = vec![Fate::LostBefore, Fate::LostAfter];
    let index = EngineIndex::new(Unreliable::new(2, lost), settings(2)).unwrap();
    assert_eq!(index.engine().requests.load(Ordering::SeqCst), 3);
    let refused = EngineIndex::new(Unreliable::new(2, vec![Fate::Refused]), settings(9));
    assert!(matches!(refused, Err(Error::Refused { .. })));
    let down = EngineIndex::new(Unreliable::new(2, vec![Fate::LostBefore; 3]), settings(2));
    assert!(matches!(down, Err(Error::Unreachable { .. })));
}

#[test]
fn filters_and_removals() {
    let mut index = reliable(items(10));
    index.remove(&[4, 9]).unwrap();
    assert_eq!((index.len(), index.rows()), (8, 10));
    assert!(matches!(index.remove(&[10]), Err(CoreError::RowOutOfRange { row: 10, .. })));
    let query = items(1);
    for rows in [vec![], vec![4], vec![2, 4, 7], (0..9).collect()] {
        let set = RowSet::from_rows(10, rows.clone()).unwrap();
        let found = index.search_with(&query, 8, &SearchParams::from(&set)).unwrap();
        let mut found: Vec<usize> = found[0].iter().map(|hit| hit.item).collect();
        found.sort_unstable();
        let expected: Vec<usize> = rows.into_iter().filter(|&row| row != 4).collect();
        assert_eq!(found, expected);
    }
    let added = index.add(&items(1)).unwrap();
    assert_eq!(added, 10..11, "rows are not given twice");
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
    for numbering in [Numbering::Unknown, Numbering::Placed, Numbering::Own] {
        let held = Arc::default();
        let engine = Unreliable::beside(&held, numbering, 2, Vec::new());
        let index = EngineIndex::new(engine, settings(0)).unwrap();
        nothing_is_lost(vec![index.clone(); 8], &held);
        assert_eq!((index.len(), index.rows()), (3200, 3200));
    }
}

#[test]
fn indexes_of_their_own_add_at_once() {
    for numbering in [Numbering::Placed, Numbering::Own] {
        let held = Arc::default();
        let index =
            || EngineIndex::new(Unreliable::beside(&held, numbering, 2, Vec::new()), settings(0)).unwrap();
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
    let index = || {
        let engine = Unreliable::beside(&held, Numbering::Placed, 2, Vec::new());
        EngineIndex::new(engine, settings(0)).unwrap()
    };
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
    for numbering in [Numbering::Unknown, Numbering::Placed, Numbering::Own] {
        let held = Arc::default();
        let index =
            || EngineIndex::new(Unreliable::beside(&held, numbering, 2, Vec::new()), settings(0)).unwrap();
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
    fn an_engine_that_numbers_rows_stores_all_or_nothing(plan in fates(), sizes in prop::collection::vec(1_usize..5, 1..6)) {
        let held = Arc::default();
        let plan = [vec![Fate::Answered], plan].concat();
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
}
