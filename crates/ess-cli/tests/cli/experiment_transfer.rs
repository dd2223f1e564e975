//! `ess experiment transfer`: modules that go from one task to another.

use std::fs;

use serde_json::Value;

use crate::{
    corrected::differences,
    program::{read_json, run},
    small_data::{QUERIES, SmallData},
};

/// Of all measurements of one kind, those of these data sets.
fn of<'r>(results: &'r Value, kind: &str, names: &[&str]) -> Vec<&'r Value> {
    let kept = results[kind].as_array().unwrap().iter();
    let is_of = |kept: &&Value| {
        kept["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|data| data["name"].as_str().unwrap())
            .eq(names.iter().copied())
    };
    kept.filter(is_of).map(|kept| &kept["found"]).collect()
}

#[test]
fn between_two_names_of_one_task_transfer_is_as_good_as_training() {
    let data = SmallData::new(6, 6);
    let (qrels, folder, out) = (data.text("qrels.tsv"), data.text(""), data.text("page"));
    let [one, same] = ["one", "same"].map(|name| format!("{name}={folder},{qrels},{qrels},{qrels}"));
    let arguments = ["--data", &one, "--data", &same, "--seeds", "2", "--out", &out];
    let page = run("experiment transfer", arguments).succeeded().stdout;
    for words in [
        "| trained on the target |",
        "| of one |",
        "| of same |",
        "too few pairs differ",
        "rotation alone",
        "| mixed with the frozen encoder, one weight each |",
        "weighed for each query |",
        " same: ",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    // What is tuned is compared with the frozen encoder as well, which the page counts and does not show.
    let [shown, corrected] = differences(&page);
    assert!(shown > 0 && shown < corrected, "{shown} are shown, and {corrected} corrected\n{page}");
    assert_eq!(fs::read_to_string(data.path("page/transfer.md")).unwrap(), page);
    assert!(fs::read_to_string(data.path("page/gains.svg")).unwrap().contains("a source and a target"));

    let results = read_json(&data.path("page/results.json"));
    let (alone, pairs) = (of(&results, "alone", &["same"]), of(&results, "pairs", &["one", "same"]));
    let joint = of(&results, "joint", &["same", "one"]);
    let mixtures = of(&results, "mixtures", &["same", "one"]);
    assert_eq!((alone.len(), pairs.len(), joint.len(), mixtures.len()), (2, 2, 2, 2));
    for mixture in mixtures {
        assert!(["weighted", "gated"].iter().all(|way| mixture[way].as_array().unwrap().len() == QUERIES));
        // Of the other's module and of the frozen encoder.
        let shares: Vec<f64> =
            mixture["shares"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).collect();
        assert!(shares.len() == 2 && (shares.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{shares:?}");
    }
    for ((alone, pair), joint) in alone.iter().zip(&pairs).zip(&joint) {
        assert_eq!(alone["own"].as_array().unwrap().len(), QUERIES);
        assert_eq!(pair["whole"], alone["own"]);
        // One source alone is all of them together, and their mean.
        assert_eq!((&joint["together"], &joint["mean"]), (&alone["own"], &alone["own"]));
        let alike = |name: &str| pair["similarity"][name].as_f64().unwrap();
        assert!(alike("queries").abs() < 1e-9);
        assert!((alike("modules") - 1.0).abs() < 1e-9, "{pair}");
        // Queries are their relevant items here: there is no direction from one to the other.
        assert_eq!(alike("directions"), 0.0);
    }

    // What is kept is taken as it is.
    let cell = data.path("page/cells/one.same.pair.0.json");
    let mut marked = read_json(&cell);
    marked["found"]["similarity"]["queries"] = (-98.5).into();
    fs::write(&cell, marked.to_string()).unwrap();
    run("experiment transfer", arguments).succeeded();
    assert!(fs::read_to_string(data.path("page/results.json")).unwrap().contains("-98.5"));
}

#[test]
fn transfer_needs_two_tasks_of_one_space() {
    let (data, wider) = (SmallData::new(6, 6), SmallData::new(8, 8));
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = |name: &str, folder: &str| format!("{name}={folder},{qrels},{qrels},{qrels}");
    let (small, wide) = (set("small", &data.text("")), set("wide", &wider.text("")));
    let transfer = |more: &[&str]| run("experiment transfer", [&["--out", &out], more].concat());
    transfer(&["--data", &small]).failed_with(&["a source and a target"]);
    transfer(&["--data", &small, "--data", &wide, "--source-queries", "1"])
        .failed_with(&["--source-queries"]);
    transfer(&["--data", &small, "--data", &wide, "--seeds", "1"]).failed_with(&[
        "wide",
        "dimension 6",
        "found 8",
    ]);
}
