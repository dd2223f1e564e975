//! `ess compare hybrid`: one page of every way to combine dense and lexical search.

use crate::{
    program::{read_json, run},
    small_data::SmallData,
};

#[test]
fn weights_are_learned_where_words_find_what_is_relevant() {
    let data = SmallData::new(6, 6).with_texts();
    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let (out, json) = (data.text("hybrid.md"), data.text("hybrid.json"));
    let learned = format!("small={folder},{folder},{qrels},,{qrels}");
    let target = format!("target={folder},{folder},,,{qrels}");
    let arguments = ["--data", &learned, "--data", &target, "--out", &out, "--json", &json];
    let page = run("compare hybrid", arguments).succeeded().stdout;
    for words in
        ["| small (24) | target (24) |", "| min-max, tuned | two, 2 |", "learned from both | one, 3 |"]
    {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
    assert_eq!(std::fs::read_to_string(&out).unwrap(), page);

    let results = read_json(json.as_ref());
    let ndcg = |set: usize, system: &str| {
        let measured = results["sets"][set]["measured"].as_array().unwrap();
        let found = measured.iter().find(|measured| measured["system"] == system)?;
        found["ndcg"].as_f64()
    };
    assert!(ndcg(0, "frozen").unwrap() < 0.5, "{page}");
    for system in
        ["BM25", "min-max, tuned", "inner product, one fitted weight", "inner product, learned from scores"]
    {
        assert!(ndcg(0, system).unwrap() > 0.9, "{system}:\n{page}");
    }
    // Without queries to learn from, what learns is left out.
    assert_eq!(ndcg(1, "BM25"), ndcg(0, "BM25"));
    assert_eq!(ndcg(1, "min-max, tuned"), None);

    // A kept result is taken as it is, but not for another depth.
    let cell = data.path("hybrid.cells/target.json");
    let mut marked = read_json(&cell);
    marked["measured"][0]["ndcg"] = 0.125.into();
    std::fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("compare hybrid", arguments).succeeded().stdout.contains("| .1250 +.000"));
    let deeper = run("compare hybrid", arguments.iter().chain(&["--depth", "20"])).succeeded();
    assert!(!deeper.stdout.contains("| .1250 +.000"));
}

#[test]
fn data_sets_and_depths_that_are_none_are_refused() {
    let data = SmallData::new(6, 6);
    let out = data.text("hybrid.md");
    let compare = |more: &[&str]| run("compare hybrid", ["--out", &out].iter().chain(more));
    compare(&["--data", "small=here"]).failed_with(&["NAME=BEIR_DIR"]);
    let folder = data.text("");
    let set = format!("small={folder},{folder},,,{}", data.text("qrels.tsv"));
    compare(&["--data", &set]).failed_with(&["small", "corpus.jsonl"]);
    compare(&["--data", &set, "--depth", "9"]).failed_with(&["--depth", "at least 10"]);
    assert!(!data.path("hybrid.md").exists());
}
