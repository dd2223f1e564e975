//! `rerank`: a run that a cross-encoder reorders, and that training takes as a teacher's scores.

use std::path::{Path, PathBuf};

use ess_data::{read_qrels, read_run, write_run};
use ess_encoders::{CrossEncoder, PairCut};
use ess_metrics::Run;

use crate::{
    encode::Beir,
    program::{Outcome, read_json, run},
};

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/cross_encoders/modernbert")
}

const ITEMS: [&str; 4] =
    ["deep in the risk", "the cat sat on the mat", "what reduces the risk of heart attack in men?", "men"];
const QUERIES: [&str; 2] = ["heart attack", "the cat"];

/// A folder with texts and a run.
fn texts() -> Beir {
    let beir = Beir::new(0, 5);
    let lines = |texts: &[&str], prefix: &str| {
        let line = |(at, text): (usize, &&str)| {
            serde_json::json!({"_id": format!("{prefix}{at}"), "title": "", "text": text}).to_string()
        };
        texts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    std::fs::write(beir.0.path().join("corpus.jsonl"), lines(&ITEMS, "d")).unwrap();
    std::fs::write(beir.0.path().join("queries.jsonl"), lines(&QUERIES, "q")).unwrap();
    let mut first = Run::new("first");
    for query in ["q0", "q1"] {
        for item in 0..ITEMS.len() {
            first.insert(query, &format!("d{item}"), 9.0 - item as f32).unwrap();
        }
    }
    write_run(beir.0.path().join("first.run"), &first).unwrap();
    beir
}

fn rerank(beir: &Beir, more: &[&str]) -> Outcome {
    let at = |name: &str| beir.0.path().join(name).to_str().unwrap().to_owned();
    let (model, folder, first, out) = (model(), at(""), at("first.run"), at("second.run"));
    let own = ["--model", model.to_str().unwrap(), "--beir", &folder, "--run", &first, "--write-run", &out];
    run("rerank", own.iter().chain(more))
}

fn expected(query: usize, items: &[usize]) -> Vec<f32> {
    let pairs: Vec<_> = items.iter().map(|&item| (QUERIES[query], ITEMS[item])).collect();
    CrossEncoder::load(model()).unwrap().pair_scores_cut(&pairs, PairCut::Item).unwrap()
}

#[test]
fn the_best_items_of_a_run_have_the_cross_encoder_s_scores() {
    let beir = texts();
    let report = beir.0.path().join("report.json");
    let outcome = rerank(&beir, &["--depth", "2", "--quiet", "--json", report.to_str().unwrap()]).succeeded();
    assert!(outcome.stdout.is_empty(), "{}", outcome.stdout);
    let said = read_json(&report);
    assert_eq!((&said["queries"], &said["pairs"], &said["depth"]), (&2.into(), &4.into(), &2.into()));
    let second = read_run(beir.0.path().join("second.run")).unwrap();
    assert_eq!((second.name(), second.len()), ("modernbert", 4));
    for query in 0..2 {
        for (item, score) in expected(query, &[0, 1]).into_iter().enumerate() {
            assert_eq!(second.score(&format!("q{query}"), &format!("d{item}")), Some(score));
        }
    }
}

#[test]
fn a_teacher_has_scores_of_the_judged_items_too() {
    let beir = texts();
    let qrels = beir.0.path().join("train.tsv");
    std::fs::write(&qrels, "query-id\tcorpus-id\tscore\nq0\td3\t1\nq0\td0\t1\nq9\td0\t1\n").unwrap();
    let outcome = rerank(&beir, &["--depth", "1", "--qrels", qrels.to_str().unwrap()]).succeeded();
    assert!(outcome.stdout.contains("3 pairs of 2 queries"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("1 judged queries are not in the run"), "{}", outcome.stderr);
    let second = read_run(beir.0.path().join("second.run")).unwrap();
    assert_eq!(second.score("q0", "d3"), Some(expected(0, &[3])[0]));
    assert_eq!((second.score("q1", "d3"), second.score("q0", "d1")), (None, None));
}

#[test]
fn what_the_cross_encoder_is_sure_of_becomes_judgements() {
    let beir = texts();
    let at = |name: &str| beir.0.path().join(name).to_str().unwrap().to_owned();
    let (known, labels) = (at("train.tsv"), at("labels.tsv"));
    std::fs::write(&known, "query-id\tcorpus-id\tscore\nq0\td3\t2\n").unwrap();
    let probability = |score: f32| 1.0 / (1.0 + (-f64::from(score)).exp());
    let mut all: Vec<f64> = expected(1, &[0, 1, 2, 3]).into_iter().map(probability).collect();
    all.sort_by(f64::total_cmp);
    // One item of the second query above both thresholds, and one below.
    let (low, high) = (((all[0] + all[1]) / 2.0).to_string(), ((all[2] + all[3]) / 2.0).to_string());
    let thresholds = ["--write-qrels", &labels, "--irrelevant-to", &low, "--relevant-from", &high];
    let outcome = rerank(&beir, &[&thresholds[..], &["--qrels", &known]].concat()).succeeded();
    assert!(outcome.stdout.contains("judged relevant"), "{}", outcome.stdout);
    let made = read_qrels(&labels).unwrap();
    assert_eq!(made.grade("q0", "d3"), Some(2));
    let grades: Vec<_> = (0..ITEMS.len()).filter_map(|item| made.grade("q1", &format!("d{item}"))).collect();
    assert_eq!((grades.len(), grades.iter().sum::<i32>()), (2, 1));

    rerank(&beir, &["--write-qrels", &labels, "--relevant-from", "0.05"])
        .failed_with(&["--relevant-from 0.05"]);
    rerank(&beir, &["--relevant-from", "0.95"]).failed_with(&["--write-qrels"]);
}

#[test]
fn runs_and_models_that_do_not_fit_are_refused_and_nothing_is_written() {
    let beir = texts();
    rerank(&beir, &["--depth", "0"]).failed_with(&["--depth 0", "at least 1"]);
    let first = beir.0.path().join("first.run");
    std::fs::write(&first, "q0 Q0 d9 1 2.0 other\n").unwrap();
    rerank(&beir, &[]).failed_with(&["first.run", "item", "d9"]);
    std::fs::write(&first, "q7 Q0 d0 1 2.0 other\n").unwrap();
    rerank(&beir, &[]).failed_with(&["first.run", "query", "q7"]);
    assert!(!beir.0.path().join("second.run").exists());
}
