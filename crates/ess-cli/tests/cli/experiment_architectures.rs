//! `ess experiment architectures`: every system in one table.

use std::fs;

use serde_json::Value;

use crate::{
    corrected::is_corrected_as_a_whole,
    program::{Outcome, read_json, run},
    small_data::{QUERIES, SmallData},
};

/// Words and tokens find what is relevant, and embeddings do not.
fn data() -> SmallData {
    SmallData::new(6, 6).with_tokens_of_both_sides().with_texts()
}

/// The flags of a data set that is called `Small data`.
fn flags(data: &SmallData, out: &str, more: &[&str]) -> Vec<String> {
    let (folder, qrels, out) = (data.text(""), data.text("qrels.tsv"), data.text(out));
    let set = format!("Small data={folder},{qrels},{qrels},{qrels}");
    ["--data", &set, "--out", &out].iter().chain(more).map(|&flag| flag.to_owned()).collect()
}

fn architectures(data: &SmallData, out: &str, more: &[&str]) -> Outcome {
    run("experiment architectures", flags(data, out, more))
}

/// The line of a system.
fn row<'p>(page: &'p str, system: &str) -> &'p str {
    let found = page.lines().find(|line| line.contains(&format!(" | {system} | ")));
    found.unwrap_or_else(|| panic!("{system} has no row in\n{page}"))
}

/// What does not depend on how fast the machine was.
fn without_times(mut results: Value) -> Value {
    for kept in results["systems"].as_array_mut().unwrap() {
        for name in ["cpu_ms", "training_cpu_seconds"] {
            kept["found"].as_object_mut().unwrap().remove(name);
        }
    }
    results
}

/// Words of the row of each system.
const ROWS: [(&str, &str); 13] = [
    ("BM25", "| 1.0000 ["),
    ("frozen bi-encoder", "| – | – | – |"),
    ("BM25 + frozen bi-encoder", "| min-max mean |"),
    ("frozen, linear", "| frozen encoder | linear | frozen encoder | inner product |"),
    ("frozen, hypencoder", "| the query's network on the item |"),
    ("token states, poly_encoder", "| the item attends to the query's vectors |"),
    ("token states, token_attention", "of 2 |"),
    ("token states, MaxSim", "| 1.0000 ["),
    ("two towers bi-encoder", "+.000 [too few queries differ] | 1.000 | 1000000.0 |"),
    ("two towers, linear", "| two towers, query side | linear |"),
    ("two towers, hypencoder", "± "),
    ("RocketQA bi-encoder", "| not given |"),
    ("RocketQA, linear", "| not given |"),
];

#[test]
fn every_system_has_a_row_and_a_second_run_finds_the_same() {
    let (data, tuned) = (data(), SmallData::new(6, 6));
    let own = format!("Small data={}", data.text(""));
    let rocket = format!("Small data=RocketQA={}", tuned.text(""));
    let towers = format!("Small data=two towers={},1000000", tuned.text(""));
    let modules = ["linear", "hypencoder", "poly_encoder", "token-attention"].map(|kind| ["--module", kind]);
    let seeds = ["--seeds", "2", "--seed", "3"];
    let folders = ["--texts", &own, "--token-states", &own, "--tuned", &towers, "--tuned", &rocket];
    let more = [modules.as_flattened(), &seeds, &folders].concat();
    let page = architectures(&data, "page", &more).succeeded().stdout;
    for (system, words) in ROWS {
        assert!(row(&page, system).contains(words), "{words} is not in\n{page}");
    }
    let missing = page.lines().find(|line| line.starts_with("Not in this table")).unwrap();
    assert!(missing.ends_with("flag that adds it: a cross-encoder (`--cross-encoder`, with `--texts`)."));
    assert!(page.contains("Seeds 3 to 4; 13 differences were compared."), "{page}");
    is_corrected_as_a_whole(&page);
    assert_eq!(fs::read_to_string(data.path("page/architectures.md")).unwrap(), page);
    let plot = fs::read_to_string(data.path("page/architectures_small_data.svg")).unwrap();
    assert!(plot.contains("7 token states, token_attention"), "{plot}");

    let results = read_json(&data.path("page/results.json"));
    let systems = results["systems"].as_array().unwrap();
    assert_eq!(systems.len(), 3 + 2 * 2 + 2 * 2 + 1 + 2 * (1 + 2 * 2));
    assert!(systems.iter().all(|kept| kept["found"]["recall"].as_array().unwrap().len() == QUERIES));
    architectures(&data, "again", &more).succeeded();
    assert_eq!(without_times(read_json(&data.path("again/results.json"))), without_times(results));
}

#[test]
fn what_was_not_given_is_named_with_its_flag_and_what_is_kept_is_of_the_same_texts() {
    let data = data();
    let page = architectures(&data, "page", &["--seeds", "1"]).succeeded().stdout;
    for words in [
        "hybrid (`--texts`)",
        "poly_encoder, token_attention (`--token-states`)",
        "MaxSim (`--token-states`, with",
        "(`--cross-encoder`, with `--texts`)",
        "(`--tuned`",
        "| frozen, mlp |",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    let own = format!("Small data={}", data.text(""));
    let more = ["--module", "linear", "--seeds", "1", "--texts", &own];
    architectures(&data, "page", &more).succeeded();
    let mark = |system: &str| {
        let cell = data.path(&format!("page/cells/Small data.{system}.0.json"));
        let mut marked = read_json(&cell);
        marked["found"]["item_bytes"] = 123_456_789.into();
        fs::write(&cell, marked.to_string()).unwrap();
    };
    ["BM25", "frozen, linear"].into_iter().for_each(mark);
    let kept = |system: &str| {
        let page = architectures(&data, "page", &more).succeeded().stdout;
        row(&page, system).contains("| 123456789 |")
    };
    assert!(kept("BM25") && kept("frozen, linear"));
    let texts = fs::read_to_string(data.path("queries.jsonl")).unwrap();
    fs::write(data.path("queries.jsonl"), texts.replace(" and all", " or some")).unwrap();
    assert!(!kept("BM25") && kept("frozen, linear"));
}

#[test]
fn an_item_that_has_the_query_s_id_is_in_no_ranking() {
    let data = SmallData::new(6, 6).with_queries_that_are_items();
    let own = format!("Small data={}", data.text(""));
    let more = ["--module", "linear", "--seeds", "1", "--texts", &own];
    let ndcg = |out: &str, more: &[&str]| {
        architectures(&data, out, more).succeeded();
        let results = read_json(&data.path(&format!("{out}/results.json")));
        let found = &results["systems"][1]["found"];
        assert_eq!(found["system"]["bi_encoder"]["encoder"], "frozen");
        let of_query = found["ndcg"].as_array().unwrap().iter();
        of_query.map(|value| value.as_f64().unwrap()).sum::<f64>()
    };
    let [with, without] =
        [ndcg("with", &more), ndcg("without", &[&more[..], &["--ignore-identical-ids"]].concat())];
    // Each query's own item, which is not relevant, comes first where it is not left out.
    assert!(without > with, "{without} {with}");
}

#[test]
fn folders_of_unknown_data_and_without_what_is_needed_are_refused() {
    let data = data();
    let plain = SmallData::new(6, 6);
    let refused = |more: &[&str], words: &[&str]| architectures(&data, "page", more).failed_with(words);
    let (own, other) = (format!("Small data={}", data.text("")), format!("large={}", data.text("")));
    refused(&["--texts", &other], &["--texts", "no data set is called \"large\""]);
    refused(&["--token-states", &other], &["--token-states", "no data set is called \"large\""]);
    refused(&["--texts", &own, "--texts", &own], &["--texts", "one folder for \"Small data\", found 2"]);
    refused(&["--texts", "nowhere"], &["--texts", "NAME=BEIR_DIR"]);
    refused(&["--texts", "Small data=nowhere"], &["--texts", "nowhere", "found nothing"]);
    let without = format!("Small data={}", plain.text(""));
    refused(&["--texts", &without], &["corpus.jsonl"]);
    refused(&["--token-states", &without], &["--token-states", "token states", "found vectors alone"]);
    refused(&["--tuned", &format!("large=whole={}", plain.text(""))], &["no data set is called \"large\""]);
    refused(&["--module", "poly_encoder"], &["--module poly_encoder", "--token-states"]);
    refused(&["--module", "linear", "--module", "linear"], &["\"linear\" is given twice"]);
    refused(&["--depth", "0"], &["--depth 0", "at least 1"]);
    refused(&["--texts", &own, "--cross-encoder", &data.text("")], &["--cross-encoder", "config.json"]);
    let model = data.text("model");
    fs::create_dir(&model).unwrap();
    fs::write(data.path("model/config.json"), "{}").unwrap();
    refused(&["--cross-encoder", &model], &["--texts"]);
    #[cfg(not(feature = "encoders"))]
    refused(&["--texts", &own, "--cross-encoder", &model], &["--cross-encoder", "--features encoders"]);
    assert!(!data.path("page").exists());
}

#[cfg(feature = "encoders")]
#[test]
fn a_cross_encoder_reads_the_first_items_and_finds_no_others() {
    let data = data();
    let own = format!("Small data={}", data.text(""));
    let model =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../ess-encoders/tests/golden/cross_encoders/modernbert");
    let more =
        ["--module", "linear", "--seeds", "1", "--texts", &own, "--cross-encoder", model, "--depth", "4"];
    let page = architectures(&data, "page", &more).succeeded().stdout;
    let found = row(&page, "cross-encoder on the first 4");
    assert!(found.contains("| the text | identity | the text | a transformer over both |"), "{page}");
    assert!(!page.contains("a cross-encoder (`--cross-encoder`"), "{page}");
    let results = read_json(&data.path("page/results.json"));
    let of = |name: &str| {
        let system = |kept: &&Value| kept["what"] == name;
        let found = results["systems"].as_array().unwrap().iter().find(system).unwrap()["found"].clone();
        found["item_bytes"].as_f64().unwrap()
    };
    // "name0 and all" to "name39 and all", beside the vector.
    let texts = (10.0 * 13.0 + 30.0 * 14.0) / 40.0;
    assert!((of("cross-encoder on the first 4") - of("frozen bi-encoder") - texts).abs() < 1e-9);
}
