//! `ess experiment scenarios`: encoding and searching turned down.

use std::fs;

use serde_json::Value;

use crate::{
    corrected::is_corrected_as_a_whole,
    program::{read_json, run},
    small_data::SmallData,
};

/// What a page says of a prediction, by how its row begins.
fn verdict(page: &str, line: &str) -> String {
    let found = page.lines().find(|found| found.starts_with(line));
    found.unwrap_or_else(|| panic!("{line} is not in\n{page}")).rsplit(" | ").next().unwrap().to_owned()
}

/// What a change of the data set `other` keeps of its variance.
fn kept(measured: &[Value], what: &str) -> f64 {
    let on_other = |found: &&Value| found["what"] == what && found["data"][0]["name"] == "other";
    measured.iter().find(on_other).unwrap()["found"]["kept"].as_f64().unwrap()
}

#[test]
fn what_was_predicted_is_judged_and_a_second_run_takes_what_is_kept() {
    // Frozen queries find little, and an orthogonal map finds all.
    let (data, other) = (SmallData::new(6, 6).with_turned_queries(), SmallData::new(6, 6));
    let qrels = data.text("qrels.tsv");
    let set = |name: &str, folder: &str| format!("{name}={folder},{qrels},{qrels},{qrels}");
    let (first, second) = (set("turned", &data.text("")), set("other", &other.text("")));
    let out = data.text("page");
    let sets = ["--data", &first, "--data", &second];
    let how = ["--module", "procrustes", "--directions", "2", "--seeds", "1", "--out", &out];
    let arguments = [&sets[..], &how].concat();
    let page = run("experiment scenarios", &arguments).succeeded().stdout;
    let verdict = |line: &str| verdict(&page, line);
    assert_eq!(verdict("| turned | 4 | on generic encodings"), "confirmed |");
    assert_eq!(verdict("| other | 4 | on generic encodings"), "undecided |");
    assert_eq!(verdict("| turned | 2 | the whole f_search finds more than one of rank 1"), "confirmed |");
    // Of six dimensions 16 directions leave nothing out, so that the fit finds all, and a few steps towards a map of any rank do not.
    assert_eq!(verdict("| turned | 5.2 | f_search of rank 16 on whole encodings"), "refuted |");
    assert!(page.contains("| turned | 5.2 | f_search of rank 4 on whole encodings"), "{page}");
    for words in [
        "| as encoded | 100 % |",
        "| rank 4 |",
        "| only 2 directions of turned |",
        "| without 2 directions of other |",
        "| only 2 directions of turned by LEACE |",
        "| only 2 directions of other by LEACE |",
        "| without 2 directions of other by LEACE |",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    is_corrected_as_a_whole(&page);
    assert_eq!(fs::read_to_string(data.path("page/scenarios.md")).unwrap(), page);
    assert!(fs::read_to_string(data.path("page/scenarios_turned.svg")).unwrap().contains("noise, trained"));
    let measured = read_json(&data.path("page/results.json"))["measured"].as_array().unwrap().clone();
    assert_eq!(measured.len(), 2 * (14 + 2 * (2 + 1)));
    let by_leace =
        |prediction: &str| verdict(&format!("| turned | 3 | trained on what LEACE keeps of {prediction}"));
    for prediction in ["other, f_search stays below", "its own task, it finds more"] {
        assert!(["confirmed |", "undecided |", "refuted |"].contains(&&*by_leace(prediction)));
    }
    let [leace, orthogonal] = ["without 2 directions of turned by LEACE", "without 2 directions of turned"]
        .map(|what| kept(&measured, what));
    // Oblique and orthogonal erasure of the same directions are not the same.
    assert!((leace - orthogonal).abs() > 1e-6, "{leace} {orthogonal}");

    let cell = data.path("page/cells/turned.as encoded.0.json");
    let mut marked = read_json(&cell);
    marked["found"]["kept"] = 0.125.into();
    fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("experiment scenarios", &arguments).succeeded().stdout.contains("| as encoded | 12 % |"));

    // The other task need not be measured itself.
    let mut alone = arguments;
    alone[2] = "--other";
    let page = run("experiment scenarios", alone).succeeded().stdout;
    assert!(page.contains("| only 2 directions of other |") && !page.contains("## other"), "{page}");
    assert!(page.contains("| without 2 directions of other by LEACE |"), "{page}");
}

#[test]
fn more_directions_than_dimensions_are_refused() {
    let data = SmallData::new(6, 6);
    let (qrels, folder, out) = (data.text("qrels.tsv"), data.text(""), data.text("page"));
    let set = format!("small={folder},{qrels},{qrels},{qrels}");
    let scenarios = |directions: &str| {
        let arguments =
            ["--data", &set, "--directions", directions, "--module", "ridge", "--seeds", "1", "--out", &out];
        run("experiment scenarios", arguments)
    };
    scenarios("0").failed_with(&["--directions"]);
    scenarios("6").failed_with(&[
        "--directions",
        "fewer than the 6 dimensions",
        "queries.safetensors",
        "found 6",
    ]);
    assert!(!data.path("page/cells").exists(), "it was measured before it was refused");
}
