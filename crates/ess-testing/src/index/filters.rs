//! Parameters of a call: filters and efforts.

use ess_core::{Embeddings, Error, Filter, Index, RowSet, SearchParams};

use super::{
    promise::Promise,
    scores,
    searching::{search, search_with},
};
use crate::generate::embeddings;

pub(super) fn check<I: Index>(build: &impl Fn(Embeddings) -> I, promise: &Promise) {
    let items = embeddings(500, 12, 20);
    let queries = embeddings(9, 12, 21);
    let index = build(items.clone());
    efforts(&index, &queries, promise);
    let none = RowSet::new(500);
    if !index.capabilities().filter {
        let found = index.search_with(&queries, 3, &SearchParams::from(&none));
        let refused = matches!(found, Err(Error::Unsupported { .. }));
        assert!(refused, "a filter that is not supported: expected Unsupported, found {found:?}");
        return;
    }
    let found = search_with(&index, &queries, 3, &SearchParams::from(&none), "a filter that admits none");
    assert!(found.iter().all(Vec::is_empty) && found.len() == 9, "a filter that admits none: {found:?}");
    for (name, admits) in [
        ("one of 2 items", (|row| row % 2 == 1) as fn(usize) -> bool),
        ("one of 7 items", |row| row % 7 == 3),
        ("one of 100 items", |row| row % 100 == 42),
        ("a range", |row| (200..230).contains(&row)),
        ("one item", |row| row == 499),
        ("all items", |_| true),
    ] {
        let rows = RowSet::from_predicate(500, admits);
        for (how, filter) in [("a set", Filter::Rows(&rows)), ("a predicate", Filter::Predicate(&admits))] {
            let claim = format!("a filter that admits {name}, as {how}");
            let params = SearchParams { filter: Some(filter), ..SearchParams::default() };
            for k in [10, usize::MAX] {
                let claim = format!("{claim}, k = {k}");
                let found = search_with(&index, &queries, k, &params, &claim);
                scores::check(&found, &queries, &items, &admits, k.min(rows.len()), promise, &claim);
            }
        }
    }
    capacities(&index, &queries);
}

/// Sets of more or fewer rows than the index has.
fn capacities<I: Index>(index: &I, queries: &Embeddings) {
    for capacity in [1, 450, 10_000] {
        let rows = RowSet::from_predicate(capacity, |_| true);
        let claim = format!("a filter of {capacity} rows");
        let found = search_with(index, queries, 10, &SearchParams::from(&rows), &claim);
        let admitted = found.iter().flatten().all(|hit| hit.item < capacity.min(500));
        let full = found.iter().all(|hits| hits.len() == capacity.min(10));
        assert!(admitted && full, "{claim}: found {found:?}");
    }
}

fn efforts<I: Index>(index: &I, queries: &Embeddings, promise: &Promise) {
    let capabilities = index.capabilities();
    assert!(!capabilities.exact || promise.recall == 1.0, "capabilities: exact, but recall is not promised");
    let efforts = index.efforts(10);
    assert!(!efforts.is_empty(), "efforts: at least one");
    for effort in efforts {
        let claim = format!("{effort:?}");
        let found = search_with(index, queries, 10, &SearchParams::from(effort), &claim);
        assert!(found.iter().all(|hits| hits.len() == 10), "{claim}: 10 hits for each query");
    }
    let efforts = index.efforts(usize::MAX);
    assert!(efforts.iter().all(|effort| effort.check().is_ok()), "efforts for all items: {efforts:?}");
    for effort in [
        ess_core::Effort { ef_search: Some(0), ..Default::default() },
        ess_core::Effort { nprobe: Some(0), ..Default::default() },
        ess_core::Effort { rescore: Some(0), ..Default::default() },
    ] {
        let found = index.search_with(queries, 10, &SearchParams::from(effort));
        let refused = matches!(found, Err(Error::InvalidParameter { .. }));
        assert!(refused, "{effort:?}: expected InvalidParameter, found {found:?}");
    }
    for huge in [1000, usize::MAX] {
        let effort = ess_core::Effort { ef_search: Some(huge), nprobe: Some(huge), rescore: Some(huge) };
        let claim = format!("{effort:?}");
        let found = search_with(index, queries, 10, &SearchParams::from(effort), &claim);
        assert!(found.iter().all(|hits| hits.len() == 10), "{claim}: 10 hits for each query");
    }
    let plain = search_with(index, queries, 10, &SearchParams::default(), "no parameters");
    assert_eq!(plain, search(index, queries, 10, "search"), "no parameters: as search");
}
