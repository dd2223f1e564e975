//! `train-cross-encoder`: from the texts of a BEIR folder to a folder that `rerank` takes.

use std::path::{Path, PathBuf};

use ess_data::{read_run, write_run};
use ess_encoders::CrossEncoder;
use ess_metrics::Run;

use crate::{
    program::{Outcome, read_json, run},
    train_encoder::texts,
};

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/tiny").join(name)
}

/// The texts and a run in which each of the twelve queries has five items, its own the last.
fn with_run() -> tempfile::TempDir {
    let folder = texts();
    let mut first = Run::new("first");
    for query in 0..12 {
        for (at, item) in [1, 2, 3, 4, 0].into_iter().enumerate() {
            let item = format!("d{}", (query + item) % 12);
            first.insert(&format!("q{query}"), &item, 9.0 - at as f32).unwrap();
        }
    }
    write_run(folder.path().join("first.run"), &first).unwrap();
    folder
}

fn train(folder: &Path, name: &str, more: &[&str]) -> Outcome {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (model, beir, train, out) = (model(name), at(""), at("train.tsv"), at("out"));
    let own = ["--model", model.to_str().unwrap(), "--beir", &beir, "--train", &train, "--out", &out];
    run("train-cross-encoder", own.iter().chain(more))
}

#[test]
fn an_encoder_becomes_a_reranker_with_its_report() {
    let folder = with_run();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (first, checkpoint) = (at("first.run"), at("checkpoint"));
    let flags = ["--run", &first, "--max-steps", "3", "--learning-rate", "0.01", "--checkpoint", &checkpoint];
    let json = at("results.json");
    let outcome = train(folder.path(), "bert", &[&flags[..], &["--quiet", "--json", &json]].concat());
    let outcome = outcome.succeeded();
    assert!(outcome.stdout.is_empty() && outcome.stderr.is_empty(), "{outcome:?}");
    let report = read_json(&folder.path().join("out/training.json"));
    assert_eq!((&report["config"]["max_steps"], &report["train_queries"]), (&3.into(), &10.into()));
    assert_eq!((&report["new_head"], &report["looked_at_pairs"]), (&true.into(), &10.into()));
    // The relevant item is the fifth: 1 / log2(6).
    assert!((report["first_pass"].as_f64().unwrap() - 0.386_85).abs() < 1e-4, "{report}");
    assert_eq!(read_json(Path::new(&json)), report);
    assert!(Path::new(&checkpoint).join("cross-encoder.checkpoint").exists());

    let (out, beir, second) = (at("out"), at(""), at("second.run"));
    let rerank = ["--model", &out, "--beir", &beir, "--run", &first, "--write-run", &second];
    run("rerank", rerank).succeeded();
    let encoder = CrossEncoder::load(&out).unwrap();
    let score = encoder.scores("mat cat", &["the cat on the mat"]).unwrap()[0];
    assert_eq!(read_run(&second).unwrap().score("q0", "d0"), Some(score));
}

#[test]
fn a_cross_encoder_is_trained_after_a_teacher() {
    let folder = with_run();
    let teacher = folder.path().join("first.run");
    let flags = ["--loss", "teacher", "--teacher", teacher.to_str().unwrap(), "--max-steps", "2"];
    let outcome = train(folder.path(), "cross-encoder", &flags).succeeded();
    assert!(outcome.stdout.contains("2 steps") && outcome.stdout.contains("on dev"), "{}", outcome.stdout);
    let report = read_json(&folder.path().join("out/training.json"));
    assert_eq!((&report["config"]["loss"], &report["new_head"]), (&"teacher".into(), &false.into()));
    // Two dev queries show nothing: it is saved as it was.
    assert_eq!(report["guard"]["returned"], "identity");
    let score = |folder: &Path| CrossEncoder::load(folder).unwrap().scores("cat", &["men"]).unwrap();
    assert_eq!(score(&folder.path().join("out")), score(&model("cross-encoder")));
    train(folder.path(), "cross-encoder", &[&flags[..], &["--unguarded"]].concat()).succeeded();
    assert_ne!(score(&folder.path().join("out")), score(&model("cross-encoder")));
}

#[test]
fn what_is_wrong_is_said_before_the_work_and_nothing_is_saved() {
    let folder = with_run();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let refused = |more: &[&str], words: &[&str]| train(folder.path(), "bert", more).failed_with(words);
    refused(&["--batch-size", "0"], &["batch_size"]);
    refused(&["--negatives-per-positive", "0"], &["negatives_per_positive"]);
    refused(&["--loss", "triplet"], &["--loss", "triplet"]);
    refused(&["--loss", "teacher"], &["--teacher"]);
    refused(&["--teacher", &at("first.run")], &["--loss teacher"]);
    let settings = at("settings.json");
    std::fs::write(&settings, r#"{"max_step": 1}"#).unwrap();
    refused(&["--settings", &settings], &["settings.json", "max_step"]);
    std::fs::write(at("other.run"), "q0 Q0 d99 1 2.0 other\n").unwrap();
    refused(&["--run", &at("other.run")], &["other.run", "q0", "d99"]);
    std::fs::write(at("other.run"), "q99 Q0 d1 1 2.0 other\n").unwrap();
    refused(
        &["--loss", "teacher", "--teacher", &at("other.run")],
        &["other.run", "no scores of the training query"],
    );
    train(folder.path(), "mpnet", &[]).failed_with(&["mpnet"]);
    std::fs::write(at("corpus.jsonl"), r#"{"_id": "d0", "title": "", "text": "men"}"#).unwrap();
    refused(&[], &["d1"]);
    assert!(!folder.path().join("out/config.json").exists());
}
