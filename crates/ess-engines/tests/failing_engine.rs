//! An index over an engine whose requests fail as those of a real one do: before they are carried out, after, or not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "failing_engine/company.rs"]
mod company;
#[path = "failing_engine/unreliable.rs"]
mod unreliable;
#[path = "failing_engine/upload.rs"]
mod upload;

use std::sync::atomic::Ordering;

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Error};
use ess_testing::index::{self, Promise};
use proptest::prelude::*;

use unreliable::{Fate, Unreliable, plans};

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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn storing_again_from_where_it_stopped_loses_and_doubles_nothing(plan in plans(), n in 1_usize..14) {
        let items = items(n);
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
    fn adding_is_whole_or_says_what_is_there(plan in plans(), n in 1_usize..14) {
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
