//! A table is corrected for all of its differences, on every data set and of every system.

use ess_train::{RecipeConfig, TrainerConfig};
use serde_json::json;

use super::*;
use crate::compare::modules::data_set::DataSet;

fn recipe(kind: &str) -> RecipeConfig {
    RecipeConfig::named(kind).unwrap()
}

/// The frozen encoder and two modules.
fn systems() -> Vec<System> {
    let module = |kind| System::Recipe { recipe: recipe(kind), refit: false };
    vec![System::Frozen, module("linear"), module("mlp")]
}

/// A system with this mean on seven queries, on each of which it is above .25 or on none.
fn cell(data: &str, system: &System, value: f64) -> Cell {
    let apart = if value > 0.25 { 0.02 } else { 0.0 };
    let by_query: Vec<f64> = (-3..=3).map(|query| value + apart * f64::from(query)).collect();
    let data: DataSet = format!("{data}=embeddings,train,,test").parse().unwrap();
    let measured = json!({
        "queries": 7, "value": value, "recall": 1.0, "difference": value - 0.25,
        "interval": [value - 0.25, value - 0.25], "returned": true, "parameters": 0, "cpu_seconds": 0.0,
        "report": null, "by_query": by_query,
    });
    let trainer = TrainerConfig::default();
    let outcome = json!({ "measured": measured });
    let cell = json!({ "data": data, "system": system, "trainer": trainer, "outcome": outcome });
    serde_json::from_value(cell).unwrap()
}

/// Cells of which one differs from the frozen encoder's: the linear module gains on all queries of the first data set, which
/// has a p-value of 2 in 2⁷, .0156.
fn cells(data: &[String], systems: &[System]) -> Vec<Cell> {
    let gains = |name: &str, system: &System| name == "one" && system.name() == "linear";
    let of_set = |name: &String| {
        systems
            .iter()
            .map(|system| cell(name, system, if gains(name, system) { 0.5 } else { 0.25 }))
            .collect()
    };
    data.iter().map(of_set).collect::<Vec<Vec<Cell>>>().concat()
}

fn names(data: &[&str]) -> Vec<String> {
    data.iter().map(|&name| name.to_owned()).collect()
}

/// The page with a table of differences to the linear module.
fn page(data: &[&str], systems: &[System]) -> String {
    let data = names(data);
    let (cells, measure) = (cells(&data, systems), measure::of_earlier_results());
    Report { data: &data, systems, cells: &cells, measure, seed: 0 }.markdown(&["linear".to_owned()], &[])
}

const GAIN: &str = ".5000 [+.250, +.250]";
const LOSS: &str = "-.2500 [";

#[test]
fn a_difference_that_is_bold_alone_is_not_so_among_those_of_two_systems_on_two_data_sets() {
    // Alone p is .0156. It is .0312 beside another system or another data set, and .0625 in the table of both.
    let all = systems();
    let cases: [(&[&str], &[System], bool); 4] = [
        (&["one"], &all[..2], true),
        (&["one"], &all, true),
        (&["one", "two"], &all[..2], true),
        (&["one", "two"], &all, false),
    ];
    for (data, systems, bold) in cases {
        let page = page(data, systems);
        let what = format!("{data:?} and {} systems: {page}", systems.len());
        assert!(page.contains(GAIN), "{what}");
        assert_eq!(page.contains(&format!("**{GAIN}**")), bold, "{what}");
    }
}

#[test]
fn a_table_against_a_module_is_corrected_as_a_whole_too() {
    // The other two systems lose to it on one data set: .0312 for two differences, .0625 for all four.
    let all = systems();
    let cases: [(&[&str], usize); 2] = [(&["one"], 2), (&["one", "two"], 0)];
    for (data, bold) in cases {
        let page = page(data, &all);
        let (_, against) = page.split_once("## Against linear").unwrap();
        assert_eq!(against.matches(LOSS).count(), 2, "{against}");
        assert_eq!(against.matches(&format!("**{LOSS}")).count(), bold, "{against}");
    }
}

#[test]
fn what_a_table_is_corrected_for_are_its_differences_and_no_others() {
    let member = System::Member { recipe: recipe("linear"), at: 0 };
    let (data, systems) = (names(&["one", "two"]), [systems(), vec![member]].concat());
    let mut cells = cells(&data, &systems);
    let count = |cells: &[Cell], baseline: &System| {
        let measure = measure::of_earlier_results();
        Report { data: &data, systems: &systems, cells, measure, seed: 0 }.together(baseline).len()
    };
    // Members of an ensemble have no row of their own, and a system is not compared with itself.
    assert_eq!(systems[..3].iter().map(|baseline| count(&cells, baseline)).collect::<Vec<_>>(), [4, 4, 4]);
    cells[2].outcome = Outcome::Impossible("it reads layers".to_owned());
    assert_eq!(count(&cells, &System::Frozen), 3);
}
