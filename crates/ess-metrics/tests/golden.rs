//! Agreement with trec_eval: tests/golden/regenerate.py says where the values come from and writes them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use ess_metrics::{Aggregate, Evaluator, MissingQueries, NothingRelevant, Qrels, RowQrels, Run};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    qrels: BTreeMap<String, BTreeMap<String, i32>>,
    run: BTreeMap<String, BTreeMap<String, f64>>,
    values: BTreeMap<String, BTreeMap<String, f64>>,
}

const CASES: [(&str, &str); 4] = [
    ("binary", include_str!("golden/binary.json")),
    ("graded_ties", include_str!("golden/graded_ties.json")),
    ("negative_grades", include_str!("golden/negative_grades.json")),
    ("deep", include_str!("golden/deep.json")),
];

impl Golden {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    fn qrels(&self) -> Qrels {
        let mut qrels = Qrels::new();
        for (query, grades) in &self.qrels {
            for (item, &grade) in grades {
                qrels.insert(query, item, grade).unwrap();
            }
        }
        qrels
    }

    fn run(&self) -> Run {
        let mut run = Run::new("golden");
        for (query, scores) in &self.run {
            for (item, &score) in scores {
                run.insert(query, item, score as f32).unwrap();
            }
        }
        run
    }

    fn evaluator(&self) -> Evaluator {
        let measures = self.values.values().next().unwrap().keys();
        Evaluator::from_names(measures.map(String::as_str)).unwrap()
    }
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-6, "{what}: expected {expected}, found {found}");
}

#[test]
fn every_measure_agrees_with_trec_eval_on_every_query() {
    for (case, text) in CASES {
        let golden = Golden::read(text);
        let evaluator = golden.evaluator().missing_queries(MissingQueries::LeaveOut);
        let evaluation = evaluator.evaluate(&golden.qrels(), &golden.run()).unwrap();
        assert!(evaluation.queries().iter().eq(golden.values.keys()), "{case}");
        assert_eq!(evaluation.measures().len(), 79, "{case}");
        for measure in evaluation.measures() {
            for (query, &found) in evaluation.queries().iter().zip(&measure.per_query) {
                let expected = golden.values[query][&measure.measure];
                assert_close(found, expected, &format!("{case}, {query}, {}", measure.measure));
            }
            let sum: f64 = golden.values.values().map(|values| values[&measure.measure]).sum();
            let divisor = if measure.aggregate == Aggregate::Sum { 1 } else { golden.values.len() };
            assert_close(measure.mean, sum / divisor as f64, &format!("{case}, mean of {}", measure.measure));
        }
    }
}

#[test]
fn missing_queries_pull_the_mean_down_unless_left_out() {
    let golden = Golden::read(CASES[1].1);
    let (qrels, run) = (golden.qrels(), golden.run());
    let all = golden.evaluator().evaluate(&qrels, &run).unwrap();
    let answered =
        golden.evaluator().missing_queries(MissingQueries::LeaveOut).evaluate(&qrels, &run).unwrap();
    let with_positive =
        golden.qrels.values().filter(|grades| grades.values().any(|&grade| grade > 0)).count();
    assert_eq!(all.queries().len(), with_positive);
    assert!(answered.queries().len() < with_positive);
    let sum = answered.mean("map").unwrap() * answered.queries().len() as f64;
    assert_close(all.mean("map").unwrap(), sum / with_positive as f64, "map");
}

#[test]
fn queries_to_which_nothing_is_relevant_count_zero_where_that_is_asked_for() {
    // trec_eval, and so pytrec_eval, counts every query that both sides have.
    let golden = Golden::read(CASES[2].1);
    let (qrels, run) = (golden.qrels(), golden.run());
    let both = golden.qrels.keys().filter(|query| golden.run.contains_key(*query)).count();
    let evaluator = golden.evaluator().missing_queries(MissingQueries::LeaveOut);
    let all = evaluator.nothing_relevant(NothingRelevant::Count).evaluate(&qrels, &run).unwrap();
    assert_eq!(all.queries().len(), both);
    assert!(both > golden.values.len());
    for measure in all.measures().iter().filter(|measure| measure.measure.starts_with("map")) {
        let sum: f64 = golden.values.values().map(|values| values[&measure.measure]).sum();
        assert_close(measure.mean, sum / both as f64, &measure.measure);
    }
    let every = golden.evaluator().nothing_relevant(NothingRelevant::Count).evaluate(&qrels, &run).unwrap();
    assert_eq!(every.queries().len(), golden.qrels.len());
    assert!(every.queries().is_sorted());

    // By row, a query without a judgement is no judged query.
    let rows = RowQrels::new([vec![(0, 1)], vec![(0, 0)], vec![]]).unwrap();
    let evaluator = Evaluator::from_names(["map", "num_q"]).unwrap();
    let few = evaluator.evaluate_rows(&rows, [[0], [0], [0]]).unwrap();
    let all =
        evaluator.nothing_relevant(NothingRelevant::Count).evaluate_rows(&rows, [[0], [0], [0]]).unwrap();
    assert_eq!((few.queries(), all.queries()), (&[0][..], &[0, 1][..]));
    assert_eq!((all.mean("map"), all.mean("num_q")), (Ok(0.5), Ok(2.0)));
}

#[test]
fn rankings_by_row_give_the_same_values() {
    for (case, text) in CASES {
        let golden = Golden::read(text);
        let (qrels, run) = (golden.qrels(), golden.run());
        let mut items: Vec<&str> = run.iter().map(|(_, item, _)| item).collect();
        items.sort_unstable();
        items.dedup();
        let row = |item: &str| items.binary_search(&item).ok();
        let queries: Vec<&str> = golden.qrels.keys().map(String::as_str).collect();
        let rows = RowQrels::from_qrels(&qrels, queries.iter().copied(), row).unwrap();
        let rankings =
            queries.iter().map(|query| run.ranking(query).into_iter().filter_map(|(item, _)| row(item)));

        let by_row = golden.evaluator().evaluate_rows(&rows, rankings).unwrap();
        let by_id = golden.evaluator().evaluate(&qrels, &run).unwrap();
        assert!(by_row.queries().iter().map(|&row| queries[row]).eq(by_id.queries()), "{case}");
        assert_eq!(by_row.measures(), by_id.measures(), "{case}");
    }
}
