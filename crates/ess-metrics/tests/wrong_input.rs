//! Wrong input of every kind gives a typed error and loses nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt;

use ess_metrics::{Error, Evaluator, JudgedRanking, Measure, NothingRelevant, Qrels, RowQrels, Run};

fn qrels(judgements: &[(&str, &str, i32)]) -> Qrels {
    let mut qrels = Qrels::new();
    for (query, item, grade) in judgements {
        qrels.insert(query, item, *grade).unwrap();
    }
    qrels
}

fn ndcg() -> Evaluator {
    Evaluator::from_names(["ndcg@10"]).unwrap()
}

#[test]
fn duplicates_are_refused_and_the_first_stays() {
    let mut qrels = qrels(&[("q", "d", 2)]);
    let found = qrels.insert("q", "d", 2);
    let expected = |what| Error::DuplicateEntry { what, query: "q".into(), item: "d".into() };
    assert_eq!(found, Err(expected("qrels")));
    assert_eq!((qrels.len(), qrels.grade("q", "d")), (1, Some(2)));

    let mut run = Run::new("r");
    run.insert("q", "d", 0.5).unwrap();
    assert_eq!(run.insert("q", "d", 0.7), Err(expected("run")));
    assert_eq!((run.len(), run.score("q", "d")), (1, Some(0.5)));
}

#[test]
fn scores_that_are_no_numbers_are_refused() {
    let mut run = Run::new("r");
    for score in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(matches!(run.insert("q", "d", score), Err(Error::NonFiniteScore { .. })));
    }
    assert!(run.is_empty() && run.get("q").is_none());
}

#[test]
fn qrels_without_a_positive_are_refused() {
    let mut run = Run::new("r");
    run.insert("q", "d", 0.5).unwrap();
    for (qrels, judged) in [(qrels(&[]), 0), (qrels(&[("q", "d", 0), ("q", "e", -1)]), 2)] {
        assert_eq!(ndcg().evaluate(&qrels, &run), Err(Error::NoPositiveJudgement { judged }));
    }
    let rows = RowQrels::new([vec![(0, 0)], vec![]]).unwrap();
    for nothing_relevant in [NothingRelevant::LeaveOut, NothingRelevant::Count] {
        let found = ndcg().nothing_relevant(nothing_relevant).evaluate_rows(&rows, [[0], [1]]);
        assert_eq!(found, Err(Error::NoPositiveJudgement { judged: 1 }));
    }
}

#[test]
fn a_run_of_another_data_set_is_refused() {
    let qrels = qrels(&[("q1", "d", 1), ("q2", "d", 0)]);
    let mut run = Run::new("other");
    for found in 0..2 {
        let expected = Error::NoCommonQuery { run: "other".into(), expected: 1, found };
        assert_eq!(ndcg().evaluate(&qrels, &run), Err(expected));
        run.insert("q2", &format!("d{found}"), 1.0).unwrap();
    }
}

#[test]
fn too_few_and_too_many_rankings_are_refused() {
    let rows = RowQrels::new([[(0, 1)], [(0, 1)]]).unwrap();
    for found in [0, 1, 3] {
        let error = ndcg().evaluate_rows(&rows, vec![[0]; found]).unwrap_err();
        assert_eq!(error, Error::LengthMismatch { what: "rankings, one a query", expected: 2, found });
    }
}

#[test]
fn no_measure_and_the_same_measure_twice_are_refused() {
    assert_eq!(Evaluator::from_names([]).unwrap_err(), Error::Empty { what: "measures" });
    let found = Evaluator::from_names(["map", "mrr", "map"]).unwrap_err();
    assert_eq!(found, Error::DuplicateMeasure { name: "map".into() });
    let evaluation = ndcg().evaluate_rows(&RowQrels::new([[(0, 1)]]).unwrap(), [[0]]).unwrap();
    assert!(
        matches!(evaluation.mean("map"), Err(Error::NotMeasured { measured, .. }) if measured == "ndcg@10")
    );
}

#[test]
fn a_measure_that_returns_no_number_is_named() {
    struct Broken(f64);
    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("broken")
        }
    }
    impl Measure for Broken {
        fn value(&self, _: &JudgedRanking) -> f64 {
            self.0
        }
    }
    let rows = RowQrels::new([[(0, 1)]]).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let found = Evaluator::new(vec![Broken(value)]).unwrap().evaluate_rows(&rows, [[0]]);
        assert!(
            matches!(found, Err(Error::NonFinite { what, position: 0, .. }) if what == "values of broken")
        );
    }
}

#[test]
fn a_cutoff_beyond_every_ranking_is_no_error() {
    let rows = RowQrels::new([[(0, 1)]]).unwrap();
    let huge = format!("ndcg@{}", usize::MAX);
    let evaluator = Evaluator::from_names([huge.as_str(), "p@4"]).unwrap();
    let evaluation = evaluator.evaluate_rows(&rows, [[0]]).unwrap();
    assert_eq!((evaluation.mean(&huge), evaluation.mean("p@4")), (Ok(1.0), Ok(0.25)));
}
