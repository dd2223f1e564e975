//! Judgements by row, and the cut of a development set.

use ess_core::Ids;
use ess_data::{Dropped, Error, Judgements, cut_dev};
use ess_metrics::Qrels;
use proptest::prelude::*;

fn ids(names: &[&str]) -> Ids {
    Ids::new(names.iter().map(|name| (*name).to_owned()).collect()).unwrap()
}

fn qrels(entries: &[(&str, &str, i32)]) -> Qrels {
    let mut qrels = Qrels::new();
    for (query, item, grade) in entries {
        qrels.insert(query, item, *grade).unwrap();
    }
    qrels
}

#[test]
fn unknown_ids_are_named_or_counted() {
    let (queries, items) = (ids(&["q1", "q2", "q3"]), ids(&["d1", "d2"]));
    let known = qrels(&[("q3", "d2", 1), ("q3", "d1", 2), ("q1", "d1", 0)]);
    let joined = Judgements::join(&known, &queries, &items).unwrap();
    assert_eq!(joined.query_rows(), [2, 0]);
    assert_eq!(joined.queries()[0].grades, [(0, 2), (1, 1)]);
    assert_eq!(Judgements::join_known(&known, &queries, &items).unwrap(), (joined, Dropped::default()));

    let unknown_query = Judgements::join(&qrels(&[("q9", "d1", 1)]), &queries, &items);
    assert!(matches!(unknown_query, Err(Error::UnknownId { what: "query", id, len: 3 }) if id == "q9"));
    let unknown_item = Judgements::join(&qrels(&[("q1", "d9", 1)]), &queries, &items);
    assert!(matches!(unknown_item, Err(Error::UnknownId { what: "item", id, len: 2 }) if id == "d9"));

    let mixed = qrels(&[("q9", "d1", 1), ("q9", "d2", 1), ("q1", "d9", 1), ("q2", "d1", 1), ("q2", "d9", 1)]);
    let (joined, dropped) = Judgements::join_known(&mixed, &queries, &items).unwrap();
    assert_eq!(joined.query_rows(), [1]);
    assert_eq!(dropped, Dropped { queries: 2, judgements: 4 });
    let nothing = Judgements::join_known(&qrels(&[("q9", "d1", 1)]), &queries, &items);
    assert!(matches!(nothing, Err(Error::TooFew { .. })));
    assert!(matches!(Judgements::join(&Qrels::new(), &queries, &items), Err(Error::TooFew { .. })));
}

#[test]
fn queries_without_a_positive_are_reported() {
    let (queries, items) = (ids(&["q1", "q2"]), ids(&["d1", "d2"]));
    let some =
        Judgements::join(&qrels(&[("q1", "d1", 0), ("q2", "d1", 1), ("q2", "d2", -1)]), &queries, &items)
            .unwrap();
    assert_eq!(some.without_positive(), [0]);
    assert_eq!(some.with_positive().unwrap().query_rows(), [1]);
    let none = Judgements::join(&qrels(&[("q1", "d1", 0)]), &queries, &items).unwrap();
    assert!(matches!(none.with_positive(), Err(Error::TooFew { expected: 1, found: 0, .. })));
}

proptest! {
    #[test]
    fn a_cut_splits_by_query_and_loses_nothing(
        entries in prop::collection::btree_map(("[a-h]", "[a-d]"), -1_i32..3, 1..30),
        fraction in 0.01_f64..0.99,
        seed in any::<u64>(),
    ) {
        let rows: Vec<_> = entries.iter().map(|((q, d), g)| (q.as_str(), d.as_str(), *g)).collect();
        let all = qrels(&rows);
        let n = all.queries().len();
        prop_assume!(n > 1);
        let (train, dev) = cut_dev(&all, fraction, seed).unwrap();
        prop_assert_eq!(dev.queries().len(), ((fraction * n as f64).round() as usize).clamp(1, n - 1));
        prop_assert!(dev.queries().all(|query| train.get(query).is_none()));
        prop_assert_eq!(train.len() + dev.len(), all.len());
        prop_assert!(train.iter().chain(dev.iter()).all(|(q, d, g)| all.grade(q, d) == Some(g)));

        let reversed: Vec<_> = rows.into_iter().rev().collect();
        let (_, dev_again) = cut_dev(&qrels(&reversed), fraction, seed).unwrap();
        let sorted = |qrels: &Qrels| { let mut ids: Vec<_> = qrels.queries().map(str::to_owned).collect(); ids.sort(); ids };
        prop_assert_eq!(sorted(&dev_again), sorted(&dev));
    }
}

#[test]
fn the_draw_is_fixed() {
    let rows: Vec<String> = (0..10).map(|i| format!("q{i}")).collect();
    let all = qrels(&rows.iter().map(|q| (q.as_str(), "d", 1)).collect::<Vec<_>>());
    let drawn = |seed| {
        let (_, dev) = cut_dev(&all, 0.3, seed).unwrap();
        dev.queries().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(drawn(1), ["q3", "q5", "q8"]);
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn a_cut_that_leaves_a_side_empty_is_refused() {
    let one = qrels(&[("q1", "d", 1)]);
    assert!(matches!(cut_dev(&one, 0.5, 0), Err(Error::TooFew { expected: 2, found: 1, .. })));
    for fraction in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(cut_dev(&one, fraction, 0), Err(Error::InvalidParameter { .. })));
    }
}
