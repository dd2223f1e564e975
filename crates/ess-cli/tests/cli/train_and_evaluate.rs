//! `train`, then `evaluate`, on SciFact's two splits: the files that they write, and what is in them.

use std::{collections::BTreeSet, path::Path};

use ess_core::MatrixModule;
use ess_data::{read_qrels, read_run};
use ess_metrics::Evaluator;
use ess_search::PersistentModule;
use ndarray::Array2;
use serde_json::Value;

use crate::program::{read_json, run, scifact};

const MEASURES: [&str; 9] =
    ["ndcg@10", "ndcg_exp@10", "recall@100", "map", "mrr@10", "p@10", "rprec", "success@1", "judged@10"];

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}

/// Trains for a few steps, says nothing, and writes the module with its report.
fn train(qrels: &[&str], module: &Path) -> Value {
    let embeddings = text(scifact().join("minilm"));
    let (out, json) = (text(module), text(module.with_extension("json")));
    let own = ["--embeddings", &embeddings, "--out", &out, "--json", &json, "--max-steps", "3", "--quiet"];
    let said = run("train", own.iter().chain(qrels)).succeeded();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    let report = read_json(json.as_ref());
    assert_eq!(report, read_json(&module.join("training.json")));
    assert_eq!(report["curves"][0]["points"].as_array().unwrap().len(), 3);
    report
}

/// Measures a module against the frozen encoder; the run goes beside the module.
fn evaluate(qrels: &Path, module: &Path) -> Value {
    let (embeddings, qrels, run_file) =
        (scifact().join("minilm"), text(qrels), text(module.with_extension("run")));
    let (embeddings, module) = (text(embeddings), text(module));
    let json = format!("{module}.measures.json");
    let arguments = ["--embeddings", &embeddings, "--qrels", &qrels, "--module", &module];
    let said =
        run("evaluate", arguments.iter().chain(&["--write-run", &run_file, "--json", &json])).succeeded();
    assert!(said.stdout.contains("ndcg@10") && said.stdout.contains("frozen"), "{}", said.stdout);
    read_json(json.as_ref())
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn interval(value: &Value) -> [f64; 2] {
    let [low, high] = value.as_array().unwrap().as_slice() else { panic!("not two numbers: {value}") };
    [low.as_f64().unwrap(), high.as_f64().unwrap()]
}

/// The shape of the results, and that their figures agree with one another.
fn check_results(results: &Value, module: &str) {
    assert_eq!(keys(results), BTreeSet::from(["systems", "comparisons"]));
    assert_eq!(keys(&results["systems"]), BTreeSet::from(["frozen", module]));
    for system in ["frozen", module] {
        assert_eq!(keys(&results["systems"][system]), BTreeSet::from(MEASURES));
        for measure in MEASURES {
            let value = &results["systems"][system][measure];
            assert_eq!(keys(value), BTreeSet::from(["mean", "ci95"]));
            let (mean, [low, high]) = (value["mean"].as_f64().unwrap(), interval(&value["ci95"]));
            assert!((0.0..=mean).contains(&low) && (mean..=1.0).contains(&high), "{measure}: {value}");
        }
    }
    let comparisons = results["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), MEASURES.len());
    for (comparison, measure) in comparisons.iter().zip(MEASURES) {
        let expected = BTreeSet::from(["system", "baseline", "measure", "delta", "ci95", "p", "p_holm"]);
        assert_eq!(keys(comparison), expected);
        assert_eq!((&comparison["system"], &comparison["baseline"]), (&module.into(), &"frozen".into()));
        assert_eq!(comparison["measure"], measure);
        let mean = |system: &str| results["systems"][system][measure]["mean"].as_f64().unwrap();
        let delta = comparison["delta"].as_f64().unwrap();
        assert!((delta - (mean(module) - mean("frozen"))).abs() < 1e-12);
        if !comparison["ci95"].is_null() {
            let [low, high] = interval(&comparison["ci95"]);
            assert!(low <= delta && delta <= high);
        }
        assert!((0.0..=1.0).contains(&comparison["p"].as_f64().unwrap()));
    }
}

/// The run file gives the measures that the results say.
fn check_run(path: &Path, qrels: &Path, results: &Value, module: &str, queries: usize) {
    let run = read_run(path).unwrap();
    assert_eq!(run.name(), module);
    assert_eq!(run.queries().len(), queries);
    assert_eq!(run.len(), queries * 1000);
    let evaluation =
        Evaluator::from_names(MEASURES).unwrap().evaluate(&read_qrels(qrels).unwrap(), &run).unwrap();
    for measure in MEASURES {
        let expected = results["systems"][module][measure]["mean"].as_f64().unwrap();
        let found = evaluation.mean(measure).unwrap();
        assert!(
            (found - expected).abs() < 1e-12,
            "{measure}: {found} from the run, {expected} in the results"
        );
    }
}

fn frozen_ndcg(results: &Value) -> f64 {
    results["systems"]["frozen"]["ndcg@10"]["mean"].as_f64().unwrap()
}

#[test]
fn the_official_split_with_dev_cut_from_train() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("adapter");
    let report = train(&["--train", &text(scifact().join("qrels/train.tsv"))], &module);
    assert_eq!(
        (&report["module"], &report["train_queries"], &report["dev_queries"]),
        (&"linear".into(), &647.into(), &162.into())
    );

    let qrels = scifact().join("qrels/test.tsv");
    let results = evaluate(&qrels, &module);
    check_results(&results, "adapter");
    assert!((frozen_ndcg(&results) - 0.6451).abs() < 5e-4, "{}", frozen_ndcg(&results));
    check_run(&folder.path().join("adapter.run"), &qrels, &results, "adapter", 300);
}

#[test]
fn the_item_disjoint_split_with_its_own_dev_and_settings_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (module, config) = (folder.path().join("adapter"), folder.path().join("settings.json"));
    std::fs::write(&config, r#"{"seed": 11, "learning_rate": 0.01, "evaluate_every": 3}"#).unwrap();
    let side = |name: &str| text(scifact().join("qrels_item_disjoint").join(name));
    let (train_qrels, dev) = (side("train.tsv"), side("dev.tsv"));
    let more =
        ["--train", &train_qrels, "--dev", &dev, "--config", &text(&config), "--learning-rate", "0.002"];
    let report = train(&more, &module);
    assert_eq!((&report["config"]["seed"], &report["config"]["learning_rate"]), (&11.into(), &0.002.into()));
    let guard = &report["guard"];
    let better = interval(&guard["interval"])[0] > 0.0;
    assert_eq!(guard["returned"], if better { "trained" } else { "identity" }, "{guard}");

    let qrels = scifact().join("qrels_item_disjoint/test.tsv");
    let results = evaluate(&qrels, &module);
    check_results(&results, "adapter");
    assert!((frozen_ndcg(&results) - 0.7097).abs() < 5e-4, "{}", frozen_ndcg(&results));
    let queries = read_qrels(&qrels).unwrap().queries().len();
    check_run(&folder.path().join("adapter.run"), &qrels, &results, "adapter", queries);
}

#[test]
fn gains_by_what_training_knew_are_corrected_for_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let [train_qrels, qrels] = ["train.tsv", "test.tsv"].map(|name| text(scifact().join("qrels").join(name)));
    let modules = ["one", "other"].map(|name| text(folder.path().join(name)));
    // They read parts of an embedding, so that some queries lose by them.
    for (module, parts) in modules.iter().zip([2, 12]) {
        let matrix = Array2::from_shape_fn((384, 384), |(i, j)| f32::from(i == j && i % parts > 0));
        MatrixModule::new(matrix).unwrap().to_state().unwrap().save(module.as_ref()).unwrap();
    }
    let (embeddings, json) = (text(scifact().join("minilm")), text(folder.path().join("measures.json")));
    let own = ["--embeddings", &embeddings, "--qrels", &qrels, "--train", &train_qrels, "--json", &json];
    let said = run("evaluate", own.into_iter().chain(["--module", &modules[0], "--module", &modules[1]]));
    let said = said.succeeded().stdout;
    assert!(said.contains("p after Holm's correction over these gains"), "{said}");
    let gains = read_json(json.as_ref())["leakage"]["gains"].clone();
    let all: Vec<&Value> = ["one", "other"].iter().flat_map(|name| gains[name].as_array().unwrap()).collect();
    let value = |name: &str| all.iter().map(|gain| gain[name].as_f64().unwrap()).collect::<Vec<f64>>();
    // Numbers lose their last digit on the way through JSON.
    let near = |(a, b): (f64, f64)| (a - b).abs() < 1e-12;
    let corrected = ess_metrics::holm(&value("p")).unwrap();
    assert!(value("p_holm").into_iter().zip(corrected).all(near), "{all:?}");
    assert_ne!(value("p_holm"), value("p"));
    for p in value("p_holm") {
        assert!(said.contains(&format!("], p {p:.4}")), "p {p:.4}: {said}");
    }
}
