//! How much an effort finds: the default one of a graph, and those that `index tune` tries.

use std::path::Path;

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, Provenance, write_store};
use rand::{RngExt, SeedableRng};

use super::Built;
use crate::program::{read_json, run};

/// Writes 1200 items near one direction, whose norms differ.
fn write_cone(path: &Path) {
    const DIM: usize = 32;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut item = |_| -> Vec<f32> {
        let norm = random.random_range(0.5..1.5_f32);
        (0..DIM).map(|_| norm * (1.0 + random.random_range(-0.5..0.5_f32))).collect()
    };
    let items = Embeddings::from_vec((0..1200).flat_map(&mut item).collect(), DIM).unwrap();
    let ids = Ids::new((0..1200).map(|i| format!("d{i}")).collect()).unwrap();
    write_store(path, &ids, &items, Dtype::F32, &Provenance::default()).unwrap();
}

#[test]
fn a_graph_whose_default_effort_finds_too_little_says_so_when_it_is_built_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let [items, index, json] =
        ["corpus.safetensors", "items.index", "report.json"].map(|name| folder.path().join(name));
    write_cone(&items);
    let [items, index, json_path] = [&items, &index, &json].map(|path| path.to_str().unwrap());
    let build = ["build", "--kind", "graph", "--degree", "12", "--items", items, "--out", index];
    let info = ["info", "--index", index];
    let mut reported = Vec::new();
    for command in [&build[..], &info] {
        let said = run("index", command.iter().copied().chain(["--quiet", "--json", json_path])).succeeded();
        assert_eq!(said.stdout, "");
        assert!(said.stderr.contains(&format!("ess index tune --index {index}")), "{}", said.stderr);
        let loud = run("index", command).succeeded();
        assert!(loud.stdout.contains("the default effort finds recall@10 "), "{}", loud.stdout);
        reported.push(read_json(&json)["default_recall"].clone());
    }
    assert_eq!(reported[0], reported[1]);
    let of = |queries: &str, at: &str| reported[0][queries][at].as_f64().unwrap();
    assert!(of("out_of_distribution", "at_100") < 0.95, "{reported:?}");
    assert!(of("in_distribution", "at_10") >= 0.95, "{reported:?}");
    // So few items are all compared.
    let built = Built::new(&["--kind", "graph"]);
    let said = run("index", ["info", "--index", &built.index, "--json", json_path]).succeeded();
    assert!(!said.stdout.contains("default effort") && !said.stderr.contains("tune"), "{said:?}");
    assert!(read_json(&json).get("default_recall").is_none());
}

#[test]
fn tuning_reports_recall_for_queries_before_and_after_the_module() {
    let built = Built::new(&["--kind", "graph"]);
    built.data.train(&[]).succeeded();
    let [items, queries, module, plot, json] =
        ["corpus.safetensors", "queries.safetensors", "module", "recall.svg", "tuned.json"]
            .map(|name| built.data.text(name));
    let own = ["tune", "--index", &built.index, "--items", &items, "--queries", &queries];
    let more = ["--module", &module, "--plot", &plot, "--json", &json, "--target", "0.9"];
    run("index", own.into_iter().chain(more)).succeeded();
    let report = read_json(json.as_ref());
    let curves = report["curves"].as_array().unwrap();
    let names: Vec<&str> = curves.iter().map(|curve| curve["queries"].as_str().unwrap()).collect();
    assert_eq!(names, ["as encoded", "mapped"]);
    assert!(curves.iter().all(|curve| curve["points"][0]["recall"].as_f64().unwrap() > 0.5));
    assert!(std::fs::read_to_string(plot).unwrap().contains("<svg"));
}
