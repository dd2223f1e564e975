//! How much of a test set training knew.

use ess_kit::{Error, core::Error as CoreError, prelude::*};

#[test]
fn values_of_another_number_of_queries_are_refused() {
    let mut qrels = Qrels::new();
    qrels.insert("q1", "d1", 1).unwrap();
    let leakage = Leakage::new(&[], &qrels, &["q1".to_owned()]);
    assert_eq!((leakage.seen(), leakage.unseen()), (0, 1));
    assert!(matches!(
        leakage.means(&[0.5, 0.5]),
        Err(Error::Core(CoreError::LengthMismatch { expected: 1, found: 2, .. }))
    ));
    assert!(matches!(leakage.gains(&[], &[0.5], &Bootstrap::default()), Err(Error::Core(_))));
    let nan = leakage.gains(&[f64::NAN], &[0.5], &Bootstrap::default());
    assert!(matches!(nan, Err(Error::Metrics(_))), "{nan:?}");
}

#[test]
fn an_item_that_was_judged_not_relevant_is_not_known() {
    let (mut train, mut test) = (Qrels::new(), Qrels::new());
    train.insert("t1", "d1", 0).unwrap();
    train.insert("t1", "d2", 1).unwrap();
    for (query, item) in [("q1", "d1"), ("q2", "d2"), ("q3", "d3")] {
        test.insert(query, item, 1).unwrap();
    }
    let ids = ["q1", "q2", "q3"].map(str::to_owned);
    let leakage = Leakage::new(&[&train], &test, &ids);
    assert_eq!(leakage.means(&[1.0, 0.25, 0.0]).unwrap(), (Some(0.25), Some(0.5)));
}
