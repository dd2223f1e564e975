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
use ess_engines::{Admitted, Engine, EngineIndex, EngineSettings, Error, Extent};
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

/// Items in memory behind a line that fails by a plan; after the plan, all is well.
struct Unreliable {
    dim: usize,
    rows: Mutex<BTreeMap<i64, Vec<f32>>>,
    plan: Vec<Fate>,
    requests: AtomicUsize,
}

impl Unreliable {
    fn new(dim: usize, plan: Vec<Fate>) -> Self {
        Self { dim, rows: Mutex::default(), plan, requests: AtomicUsize::new(0) }
    }

    /// Ends the plan.
    fn mend(&self) {
        self.requests.store(self.plan.len(), Ordering::SeqCst);
    }

    fn request<T>(&self, act: impl FnOnce(&mut BTreeMap<i64, Vec<f32>>) -> T) -> Result<T, Error> {
        let fate = self.plan.get(self.requests.fetch_add(1, Ordering::SeqCst)).copied();
        let (engine, address, operation) = ("memory", "here".to_owned(), "answer");
        let source = || "unplugged".into();
        if fate == Some(Fate::LostBefore) {
            return Err(Error::Unreachable { engine, address, operation, source: source() });
        }
        if fate == Some(Fate::Refused) {
            return Err(Error::Refused { engine, address, operation, source: source() });
        }
        let answer = act(&mut self.rows.lock().unwrap());
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
