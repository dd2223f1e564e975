//! `ess experiment curve`: learning curves, and what the guard does where nothing can be learned.

use std::fs;

use crate::{
    corrected::is_corrected_as_a_whole,
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
    is_corrected_as_a_whole(&page);
    // Shuffled judgements teach none of the map, so that all of the gain is beyond theirs.
    let all = page.lines().find(|line| line.starts_with("| 24 | ")).unwrap();
    let over_shuffled = all.split(" | ").nth(2).unwrap();
    assert!(over_shuffled.starts_with("**+."), "{all}");
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

/// The arguments with automatic choice alone, on 4 and all 24 queries by one seed.
fn with_auto(data: &SmallData, more: &[&str]) -> Vec<String> {
    let mut arguments = arguments(data);
    for (at, value) in [(3, "auto"), (5, "4"), (7, "1")] {
        arguments[at] = value.to_owned();
    }
    arguments.into_iter().chain(more.iter().map(|&more| more.to_owned())).collect()
}

#[test]
fn automatic_choice_is_measured_with_and_without_words_and_goes_on_where_it_was() {
    // Words find what embeddings do not.
    let data = SmallData::new(6, 6).with_texts();
    let texts = format!("Small data={}", data.text(""));
    let within = |budget| with_auto(&data, &["--texts", &texts, "--auto-budget", budget]);
    let page = run("experiment curve", within("30")).succeeded().stdout;
    for words in [
        "### auto, dense",
        "### auto, hybrid",
        "within 30 CPU-seconds",
        "| auto, dense | 0 of 1: 0.0 %",
        "| auto, hybrid | 0 of 1: 0.0 %",
        "it departed from the frozen encoder",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert!(!page.contains("| all"), "{page}");
    let results = read_json(&data.path("page/results.json"));
    let frozen = &results["frozen"][0]["found"]["frozen"];
    let learned = results["learned"].as_array().unwrap();
    assert_eq!(learned.len(), 2 * 2 * 2);
    let mean = |values: &serde_json::Value| {
        let values = values.as_array().unwrap();
        values.iter().map(|value| value.as_f64().unwrap()).sum::<f64>() / values.len() as f64
    };
    for run in learned.iter().map(|kept| &kept["found"]) {
        // Shuffled judgements teach it nobody, and too few queries are no evidence.
        let hybrid = run["module"] == "auto, hybrid" && run["queries"] == 24 && run["shuffled"] == false;
        assert_eq!(run["returned"], hybrid, "{run}");
        let gain = mean(&run["trained"]) - mean(frozen);
        assert!(if hybrid { gain > 0.3 } else { gain.abs() < 1e-6 }, "{gain} of {run}");
    }

    // What is kept is taken as it is, and another budget is another measurement.
    let cell = data.path("page/cells/Small data.auto, hybrid 24.0.json");
    let mut marked = read_json(&cell);
    marked["found"]["cpu_seconds"] = 98765.4.into();
    fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("experiment curve", within("30")).succeeded().stdout.contains("| 98765.4 |"));
    assert!(!run("experiment curve", within("29")).succeeded().stdout.contains("| 98765.4 |"));
}

#[test]
fn automatic_choice_stands_beside_modules_and_the_guard_is_counted_without_it() {
    let data = SmallData::new(6, 6).with_turned_queries();
    let page = run("experiment curve", with_auto(&data, &["--module", "procrustes"])).succeeded().stdout;
    for words in
        ["### auto, dense", "### procrustes", "within 20 CPU-seconds", "| all but auto | 0 of 2: 0.0 %"]
    {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert!(!page.contains("hybrid |"), "{page}");
    assert!(fs::read_to_string(data.path("page/curve_small_data.svg")).unwrap().contains("auto, dense"));
}

#[test]
fn flags_of_automatic_choice_want_it() {
    let data = SmallData::new(6, 6).with_texts();
    let texts = format!("Small data={}", data.text(""));
    for (flag, value) in [("--auto-budget", "5"), ("--texts", &*texts)] {
        let mut arguments = arguments(&data);
        arguments.extend([flag, value].map(str::to_owned));
        run("experiment curve", arguments).failed_with(&[flag, "--module auto"]);
    }
    run("experiment curve", with_auto(&data, &["--auto-budget", "0"]))
        .failed_with(&["--auto-budget", "above 0"]);
    assert!(!data.path("page").exists());
    let other = format!("another={}", data.text(""));
    run("experiment curve", with_auto(&data, &["--texts", &other])).failed_with(&["--texts", "\"another\""]);
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
