//! What other encoders and systems say of the same queries and items, weighed by `train --module auto` and read again by
//! `evaluate`.

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, Provenance, write_store};
use ess_lexical::{SparseVectors, SparseVectorsFile};

use crate::{
    program::read_json,
    small_data::{ITEMS, QUERIES, SmallData},
};

/// How far from a query's own item, which the embeddings find, the one is that is relevant.
const BESIDE: usize = 11;
const DIM: usize = 8;

fn ids(prefix: char, count: usize) -> Vec<String> {
    // In another order than those of the embeddings.
    (0..count).rev().map(|row| format!("{prefix}{row}")).collect()
}

fn direction(item: usize) -> Vec<f32> {
    (0..DIM).map(|i| ((item + 1) as f32 * (i + 1) as f32 * 0.37).sin()).collect()
}

/// Data of which the embeddings find nothing, settings without trained modules, and the folders `dense` and `sparse` and the
/// file `scores.run` that say which item is relevant.
fn data() -> SmallData {
    let data = SmallData::new(6, 6);
    let judged: Vec<String> = (0..QUERIES).map(|query| format!("q{query}\td{}\t1", query + BESIDE)).collect();
    data.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
    std::fs::write(data.path("config.json"), r#"{"trained_modules": []}"#).unwrap();
    let (queries, items) = ((0..QUERIES).rev().map(|query| query + BESIDE), (0..ITEMS).rev());

    std::fs::create_dir(data.path("dense")).unwrap();
    std::fs::create_dir(data.path("sparse")).unwrap();
    let write = |name: &str, prefix: char, rows: Vec<usize>| {
        let ids = ids(prefix, rows.len());
        let dense = rows.iter().map(|&item| direction(item)).collect::<Vec<_>>();
        let dense = Embeddings::from_rows(&dense).unwrap().normalized();
        let (path, known) = (data.path(&format!("dense/{name}.safetensors")), Ids::new(ids.clone()).unwrap());
        write_store(path, &known, &dense, Dtype::F32, &Provenance::default()).unwrap();
        let sparse: Vec<Vec<(u32, f32)>> = rows.iter().map(|&item| vec![(item as u32, 2.0)]).collect();
        let vectors = SparseVectors::new(ITEMS, &sparse).unwrap();
        let file = SparseVectorsFile { vectors, ids, made_by: None };
        file.save(&data.path(&format!("sparse/{name}.sparse"))).unwrap();
    };
    write("queries", 'q', queries.collect());
    write("corpus", 'd', items.collect());

    let hits = (0..QUERIES).flat_map(|query| {
        let hit = move |rank: usize| {
            let item = (query + BESIDE + 3 * rank) % ITEMS;
            format!("q{query} Q0 d{item} {} {} cross", rank + 1, 9.5 - rank as f32)
        };
        (0..5).map(hit)
    });
    std::fs::write(data.path("scores.run"), hits.collect::<Vec<_>>().join("\n")).unwrap();
    data
}

#[test]
fn what_other_encoders_and_systems_know_is_weighed_and_read_again() {
    let data = data();
    let config = data.text("config.json");
    for (flag, name, path) in [
        ("--encoding", "second", "dense"),
        ("--encoding", "learned_sparse", "sparse"),
        ("--scores", "cross", "scores.run"),
    ] {
        let given = format!("{name}={}", data.text(path));
        data.train(&["--module", "auto", "--config", &config, flag, &given]).succeeded();
        let report = read_json(&data.path("module/training.json"));
        assert!(report["dense"]["trial"].is_string(), "{name}: {}", report["dense"]["reason"]);
        assert!(report["dense"]["second"][name].as_f64().unwrap() > 0.0, "{}", report["dense"]);
        assert!(!report["encodings"][name].is_null(), "{}", report["encodings"]);
        assert!(report["search_costs"]["dense"]["features"][name].is_number(), "{}", report["search_costs"]);

        let (module, json) = (data.text("module"), data.text("report.json"));
        data.evaluate(&["--module", &module, flag, &given, "--json", &json]).succeeded();
        let report = read_json(&data.path("report.json"));
        let ndcg = |system: &str| report["systems"][system]["ndcg@10"]["mean"].as_f64().unwrap();
        assert!(ndcg("module (dense)") > ndcg("frozen") + 0.3, "{name}: {}", report["systems"]);
        data.evaluate(&["--module", &module]).failed_with(&[name, "lack"]);
    }
}

#[test]
fn a_search_budget_leaves_out_what_is_too_dear_and_says_so() {
    let data = data();
    let (folder, qrels, out) = (data.text(""), data.text("qrels.tsv"), data.text("module"));
    let (config, second) = (data.text("config.json"), format!("second={}", data.text("dense")));
    let settings = r#"{"trained_modules": [], "feature_costs": {"second": 2000000.0}}"#;
    std::fs::write(data.path("config.json"), settings).unwrap();
    let own = ["--module", "auto", "--embeddings", &folder, "--train", &qrels, "--out", &out];
    let more = ["--config", &config, "--encoding", &second, "--search-budget", "1000000"];
    let said = crate::program::run("train", own.iter().chain(&more)).succeeded().stdout;
    for words in ["above the search budget (dense): the feature second, 2000000", "a search takes (dense): "]
    {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
    let report = read_json(&data.path("module/training.json"));
    assert_eq!(report["features_too_dear"][0]["name"], "second");
    // What was declared is not spent: both trials were run.
    assert_eq!((&report["skipped"], report["trials"].as_array().unwrap().len()), (&serde_json::json!([]), 2));
    assert_eq!(report["config"]["search_budget"], 1_000_000.0);
}

#[test]
fn what_does_not_fit_is_refused_with_the_flag_or_the_file() {
    let data = data();
    let (dense, run) = (data.text("dense"), data.text("scores.run"));
    let auto = |flag: &str, given: &str, words: &[&str]| {
        data.train(&["--module", "auto", flag, given]).failed_with(words);
    };
    auto("--encoding", "second", &["--encoding", "expected NAME=DIR"]);
    auto("--encoding", &format!("second={}", data.text("nowhere")), &["nowhere", "found nothing"]);
    auto("--encoding", &format!("second={run}"), &["scores.run", "expected a folder"]);
    auto("--encoding", &format!("tokens={dense}"), &["--encoding", "tokens", "another feature"]);
    auto("--encoding", &format!("Second={dense}"), &["--encoding", "lower-case letters"]);
    auto("--scores", &format!("cross={dense}"), &["TREC run file", "found a folder"]);
    let whole = std::fs::read_to_string(&run).unwrap();
    std::fs::write(&run, whole.replacen(" Q0 d", " Q0 nobody", 1)).unwrap();
    auto("--scores", &format!("cross={run}"), &["scores.run", "nobody"]);
    let without: Vec<&str> = whole.lines().filter(|line| !line.starts_with("q7 ")).collect();
    std::fs::write(&run, without.join("\n")).unwrap();
    auto("--scores", &format!("cross={run}"), &["scores.run", "every query", "q7"]);
    let second = format!("second={dense}");
    data.train(&["--module", "linear", "--encoding", &second]).failed_with(&["--encoding", "--module auto"]);
    data.train(&["--search-budget", "3"]).failed_with(&["--search-budget", "--module auto"]);
    data.train(&["--module", "auto", "--search-budget", "0"]).failed_with(&["search_budget", "above 0"]);
    data.evaluate(&["--encoding", &second]).failed_with(&["--encoding", "--module"]);
}
