//! `train-encoder`: from the texts of a BEIR folder to a sentence-transformers folder.

use std::path::{Path, PathBuf};

use ess_core::ItemEncoder;
use ess_encoders::SentenceEncoder;

use crate::program::{Outcome, read_json, run};

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/tiny/bert")
}

/// Twelve items of words that the model knows; a query for each has them the other way round.
pub(crate) fn texts() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let words = ["cat", "mat", "risk", "heart"];
    let pairs = words.iter().flat_map(|a| words.iter().map(move |b| (a, b))).filter(|(a, b)| a != b);
    let (mut items, mut queries, mut qrels) =
        (Vec::new(), Vec::new(), vec!["query-id\tcorpus-id\tscore".to_owned()]);
    for (at, (a, b)) in pairs.enumerate() {
        let item =
            serde_json::json!({"_id": format!("d{at}"), "title": "", "text": format!("the {a} on the {b}")});
        items.push(item.to_string());
        queries.push(serde_json::json!({"_id": format!("q{at}"), "text": format!("{b} {a}")}).to_string());
        qrels.push(format!("q{at}\td{at}\t1"));
    }
    for (name, lines) in [("corpus.jsonl", items), ("queries.jsonl", queries), ("train.tsv", qrels)] {
        std::fs::write(folder.path().join(name), lines.join("\n")).unwrap();
    }
    folder
}

fn train(folder: &Path, more: &[&str]) -> Outcome {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (model, beir, train, out) = (model(), at(""), at("train.tsv"), at("out"));
    let own = ["--model", model.to_str().unwrap(), "--beir", &beir, "--train", &train, "--out", &out];
    run("train-encoder", own.iter().chain(more))
}

#[test]
fn an_encoder_is_trained_and_saved_with_its_report() {
    let folder = texts();
    let checkpoint = folder.path().join("checkpoint");
    let flags = [
        "--max-steps",
        "3",
        "--learning-rate",
        "0.01",
        "--unguarded",
        "--checkpoint",
        checkpoint.to_str().unwrap(),
    ];
    let outcome = train(folder.path(), &flags).succeeded();
    assert!(outcome.stdout.contains("3 steps"), "{}", outcome.stdout);
    let report = read_json(&folder.path().join("out/training.json"));
    assert_eq!((&report["config"]["max_steps"], &report["train_queries"]), (&3.into(), &10.into()));
    let item = ["the cat on the mat"];
    let vectors = |folder: &Path| SentenceEncoder::load(folder).unwrap().encode_items(&item).unwrap();
    assert_ne!(vectors(&folder.path().join("out")), vectors(&model()));
    assert!(checkpoint.join("encoder.checkpoint").exists());
    let query = train(folder.path(), &["--max-steps", "1", "--towers", "query"]).succeeded();
    assert!(folder.path().join("out/query/modules.json").exists(), "{}", query.stdout);
}

#[test]
fn a_save_that_fails_leaves_no_report_of_an_encoder_that_is_gone() {
    let folder = texts();
    let (out, steps) = (folder.path().join("out"), ["--max-steps", "1"]);
    let (report, weights) = (out.join("training.json"), out.join("model.safetensors"));
    train(folder.path(), &steps).succeeded();
    assert!(report.exists());
    std::fs::remove_file(&weights).unwrap();
    std::fs::create_dir(&weights).unwrap();
    train(folder.path(), &steps).failed_with(&["model.safetensors"]);
    let names = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = names.map(|name| name.into_string().unwrap());
    assert!(names.all(|name| name != "training.json" && !name.starts_with(".ess-")));
    std::fs::remove_dir(&weights).unwrap();
    assert!(SentenceEncoder::load(&out).is_err());
    train(folder.path(), &steps).succeeded();
    assert!(report.exists() && SentenceEncoder::load(&out).is_ok());
}

#[test]
fn what_is_wrong_is_said_before_the_work() {
    let folder = texts();
    let refused = |more: &[&str], words: &str| train(folder.path(), more).failed_with(&[words]);
    refused(&["--batch-size", "0"], "batch_size");
    let settings = folder.path().join("settings.json");
    std::fs::write(&settings, r#"{"max_step": 1}"#).unwrap();
    refused(&["--settings", settings.to_str().unwrap()], "max_step");
    std::fs::write(folder.path().join("corpus.jsonl"), r#"{"_id": "d0", "title": "", "text": "men"}"#)
        .unwrap();
    refused(&[], "d1");
}
