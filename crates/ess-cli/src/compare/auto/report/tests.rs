//! Each table is corrected for all of its differences.

use serde_json::json;

use super::*;
use crate::compare::auto::data_set::DataSet;

/// A choice on a data set, whose gains have these p-values; on known items they are the same, and on new ones 1.
fn cell(target: &str, dense: f64, hybrid: f64) -> Cell {
    let target: DataSet = format!("{target}=beir,embeddings,train,,test").parse().unwrap();
    let mean = json!({ "value": 0.5, "ci95": [0.4, 0.6], "queries": 20 });
    let group = |p: f64| json!({ "queries": 10, "gain": 0.1, "ci95": [0.05, 0.15], "p": p });
    let gain = |p: f64| {
        let groups = [group(p), group(1.0)];
        json!({ "mean": mean, "gain": 0.1, "ci95": [0.05, 0.15], "p": p, "groups": groups })
    };
    let cell = json!({
        "chosen_on": ["another"], "configs": [], "target": target, "frozen": mean, "dense": gain(dense),
        "hybrid": gain(hybrid), "seen": 10, "near_duplicates": 0,
    });
    serde_json::from_value(cell).unwrap()
}

/// One gain of this p-value, and 1 for all others on these data sets.
fn cells(targets: &[&str], p: f64) -> Vec<Cell> {
    let first = |at: usize| if at == 0 { p } else { 1.0 };
    targets.iter().enumerate().map(|(at, target)| cell(target, first(at), 1.0)).collect()
}

fn results(own: Vec<Cell>, transfer: Vec<Cell>, several: Vec<Cell>) -> Results {
    Results { own, transfer, several, ..Results::new(measure::of_earlier_results(), Vec::new(), Vec::new()) }
}

fn written(table: fn(&mut String, &Results), results: &Results) -> String {
    let mut text = String::new();
    table(&mut text, results);
    text
}

/// Data sets, and whether the one gain on the first of them is bold.
const CASES: [(&[&str], bool); 2] = [(&["one"], true), (&["one", "two"], false)];

#[test]
fn gains_on_own_test_queries_are_corrected_for_both_choices_on_all_data_sets() {
    // Two differences on one data set make .04 of .02, and four on two make .08.
    for (targets, bold) in CASES {
        let text = written(own, &results(cells(targets, 0.02), Vec::new(), Vec::new()));
        assert!(text.contains("+.100 [+.050, +.150]"), "{text}");
        assert_eq!(text.contains("**+.100 [+.050, +.150]**, p = .020"), bold, "{text}");
    }
}

#[test]
fn gains_on_known_and_new_items_are_corrected_for_both_groups_of_both_choices() {
    // Four differences on one data set make .04 of .01, and eight on two make .08.
    for (targets, bold) in CASES {
        let text = written(groups, &results(cells(targets, 0.01), Vec::new(), Vec::new()));
        assert!(text.contains("+.100"), "{text}");
        assert_eq!(text.contains("**+.100**"), bold, "{text}");
    }
}

#[test]
fn gains_elsewhere_are_corrected_for_single_choices_and_for_those_of_all_others() {
    for (several, above) in [(Vec::new(), 1), (cells(&["one"], 1.0), 0)] {
        let text = written(transfer, &results(Vec::new(), cells(&["one"], 0.02), several));
        let expected = format!("single choice, 1 cells: dense +0.1000 ({above} significantly above frozen");
        assert!(text.contains(&expected), "{text}");
    }
}
