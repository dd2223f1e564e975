//! `ess experiment`: pages that go on where they stopped.

use std::fs;

use crate::{
    corrected::is_corrected_as_a_whole,
    program::{read_json, run},
    small_data::{QUERIES, SmallData},
};

#[test]
fn the_bottleneck_is_measured_once_and_a_second_run_takes_what_is_kept() {
    let data = SmallData::new(6, 6);
    let (qrels, folder, out) = (data.text("qrels.tsv"), data.text(""), data.text("page"));
    // The same items by an encoder that swaps two components.
    let swapped = SmallData::new(6, 6);
    let set = |name: &str, folder: &str| format!("{name}={folder},{qrels},{qrels},{qrels}");
    let (first, second) = (set("small", &folder), set("other", &swapped.text("")));
    let arguments = [
        "--data", &first, "--data", &second, "--module", "ridge", "--module", "diagonal", "--seeds", "2",
        "--out", &out,
    ];
    let page = run("experiment bottleneck", arguments).succeeded().stdout;
    for words in [
        "## The encodings",
        "| frozen |",
        "| ridge |",
        "### other",
        "| small, other | 1.000 | 1.000 |",
        "| directions | small | other |",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    is_corrected_as_a_whole(&page);
    assert_eq!(fs::read_to_string(data.path("page/bottleneck.md")).unwrap(), page);
    assert!(fs::read_to_string(data.path("page/spectrum.svg")).unwrap().contains("small, items"));
    let results = read_json(&data.path("page/results.json"));
    assert_eq!(results["searching"].as_array().unwrap().len(), 8);
    let ridge = &results["searching"][0]["found"];
    assert_eq!(ridge["trained"].as_array().unwrap().len(), QUERIES);
    // Training and test queries are the same here.
    assert!(ridge["seen_by_id"].as_array().unwrap().iter().all(|seen| seen == true));
    // The items by swapped components have as much room. A query's vector is its item's, which it finds first.
    let width = &results["capacity"][0]["found"]["widths"];
    assert_eq!(width, &results["capacity"][1]["found"]["widths"]);
    assert_eq!((&width[0]["directions"], &width[0]["queries"]), (&6.into(), &QUERIES.into()));
    assert!(page.contains(&format!("| 6 | 100.0 % of {QUERIES} | 100.0 % of {QUERIES} |")), "{page}");
    let frozen = |at: usize| results["geometry"][at]["found"]["frozen"].clone();
    assert_eq!(frozen(0), frozen(1));

    // What is kept is taken as it is, and what is torn or of other files is measured again.
    let cell = data.path("page/cells/small.ridge.0.json");
    let kept = fs::read_to_string(&cell).unwrap();
    let mut marked = read_json(&cell);
    marked["found"]["parameters"] = 98_765.into();
    fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("experiment bottleneck", arguments).succeeded().stdout.contains("98765"));
    marked["files"] = "xxh3-64:0".into();
    fs::write(&cell, marked.to_string()).unwrap();
    assert!(!run("experiment bottleneck", arguments).succeeded().stdout.contains("98765"));
    fs::write(&cell, &kept[..kept.len() / 2]).unwrap();
    assert_eq!(
        without_seconds(&run("experiment bottleneck", arguments).succeeded().stdout),
        without_seconds(&page)
    );
}

/// The page without its column of CPU-seconds.
fn without_seconds(page: &str) -> String {
    let line = |line: &str| {
        let cells = line.split(" | ").enumerate();
        cells.filter(|(at, _)| *at != 2).map(|(_, cell)| cell).collect::<Vec<_>>().join(" | ")
    };
    page.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cannot_be_measured_is_said_and_leaves_nothing() {
    let data = SmallData::new(6, 6);
    let unequal = SmallData::new(4, 6);
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = |folder: &str| format!("small={folder},{qrels},{qrels},{qrels}");
    let (small, unequal) = (set(&data.text("")), set(&unequal.text("")));
    let bottleneck = |more: &[&str]| run("experiment bottleneck", [&["--out", &out], more].concat());
    bottleneck(&["--data", &unequal]).failed_with(&["small", "differ in dimension"]);
    bottleneck(&["--data", &small, "--data", &small]).failed_with(&["two data sets are called \"small\""]);
    bottleneck(&["--data", &small, "--module", "hypencoder"]).failed_with(&["hypencoder", "low_rank"]);
    bottleneck(&["--data", &small, "--module", "linear", "--module", "linear"])
        .failed_with(&["\"linear\" is given twice"]);
    bottleneck(&["--data", &small, "--seeds", "0"]).failed_with(&["--seeds"]);
    bottleneck(&["--data", "small"]).failed_with(&["NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST"]);
    bottleneck(&["--data", &small, "--module", "lineer"]).failed_with(&["lineer", "linear"]);
    assert!(!data.path("page").exists());
}
