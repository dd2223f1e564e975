//! `ess experiment curve`: learning curves, and what the guard does where nothing can be learned.

use std::fs;

use crate::{
    program::{read_json, run},
    small_data::SmallData,
};

fn arguments(data: &SmallData) -> Vec<String> {
    let (qrels, folder, out) = (data.text("qrels.tsv"), data.text(""), data.text("page"));
    let set = format!("Small data={folder},{qrels},{qrels},{qrels}");
    let given = ["--data", &set, "--module", "procrustes", "--counts", "4,12", "--seeds", "2", "--out", &out];
    given.map(str::to_owned).to_vec()
}

#[test]
fn a_map_that_all_queries_need_is_learned_and_shuffled_judgements_teach_it_nobody() {
    // An orthogonal map of six dimensions, which 24 queries determine.
    let data = SmallData::new(6, 6).with_turned_queries();
    let page = run("experiment curve", arguments(&data)).succeeded().stdout;
    for words in
        ["## Small data", "### procrustes", "| 4 |", "| 12 |", "| 24 | **1.0000 [", "| all | 0 of 6: 0.0 %"]
    {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert_eq!(fs::read_to_string(data.path("page/curve.md")).unwrap(), page);
    assert!(fs::read_to_string(data.path("page/curve_small_data.svg")).unwrap().contains("procrustes"));
    let results = read_json(&data.path("page/results.json"));
    let learned = results["learned"].as_array().unwrap();
    assert_eq!(learned.len(), 3 * 2 * 2);
    let all = learned.iter().map(|kept| &kept["found"]).filter(|run| run["queries"] == 24);
    for run in all {
        assert_eq!(run["returned"], run["shuffled"] == false, "{run}");
    }

    // What is kept is taken as it is.
    let cell = data.path("page/cells/Small data.procrustes 24.0.json");
    let mut marked = read_json(&cell);
    marked["found"]["returned"] = false.into();
    fs::write(&cell, marked.to_string()).unwrap();
    let again = run("experiment curve", arguments(&data)).succeeded().stdout;
    assert!(page.contains("| 2 of 2 |") && again.contains("| 1 of 2 |"), "{again}");
}

#[test]
fn where_the_frozen_encoder_finds_everything_it_is_what_is_deployed() {
    let data = SmallData::new(6, 6);
    let page = run("experiment curve", arguments(&data)).succeeded().stdout;
    assert!(page.contains("Frozen encoder: 1.0000."), "{page}");
    assert_eq!(page.matches("| 0 of 2 | 1.0000 |").count(), 3, "{page}");
}

#[test]
fn a_module_with_a_scoring_of_its_own_is_measured_by_it() {
    let data = SmallData::new(4, 4);
    let mut arguments = arguments(&data);
    arguments[3] = "hypencoder".to_owned();
    let page = run("experiment curve", arguments).succeeded().stdout;
    assert!(page.contains("### hypencoder") && page.contains("| 24 |"), "{page}");
}

#[test]
fn numbers_of_queries_rise_from_one() {
    let data = SmallData::new(6, 6);
    for wrong in ["0,5", "5,5", "9,3"] {
        let mut arguments = arguments(&data);
        arguments[5] = wrong.to_owned();
        run("experiment curve", arguments).failed_with(&["--counts", "rising"]);
    }
    assert!(!data.path("page").exists());
}
