//! `relations`: trained on UMLS, measured and searched; what is wrong is refused.

use std::path::Path;

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, Provenance, write_store};

use crate::place::Place;
use crate::program::{Outcome, read_json, run};

fn umls() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/umls").to_str().unwrap().to_owned()
}

impl Place {
    fn train(&self, more: &[&str]) -> Outcome {
        let (graph, out) = (umls(), self.text("set"));
        let own =
            ["--graph", &graph, "--out", &out, "--dim", "32", "--epochs", "15", "--learning-rate", "0.02"];
        run("relations train", own.iter().chain(more))
    }
}

#[test]
fn relations_are_trained_measured_and_searched() {
    let place = Place::new();
    let said = place.train(&["--model", "complex", "--json", &place.text("train.json")]).succeeded().stdout;
    assert!(
        said.contains("135 entities, 46 relations, 5216 triples") && said.contains("valid MRR 0."),
        "{said}"
    );
    let report = read_json(&place.path("train.json"));
    assert_eq!(report["training"]["model"]["dim"], 32);
    assert_eq!(report["report"]["losses"].as_array().unwrap().len(), 15);

    let set = place.text("set");
    let flags =
        ["--relations", &set, "--graph", &umls(), "--by-relation", "--json", &place.text("test.json")];
    let said = run("relations evaluate", flags).succeeded().stdout;
    assert!(
        ["MRR", "N-N, tails", "interacts_with (N-N)", "95 % interval"].iter().all(|word| said.contains(word)),
        "{said}"
    );
    let measured = read_json(&place.path("test.json"));
    assert!(measured["both"]["mrr"].as_f64().unwrap() > 0.7, "{said}");
    assert_eq!(measured["both"]["ranks"], 2 * 661);

    let search = |more: &[&str]| run("relations search", ["--relations", &set].iter().chain(more));
    let said = search(&["--head", "virus", "--relation", "isa", "-k", "4"]).succeeded().stdout;
    assert!(said.lines().count() == 4 && said.contains("organism"), "{said}");
    let said =
        search(&["--tail", "organism", "--relation", "isa", "--quiet", "--json", "-"]).succeeded().stdout;
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 10);
    search(&["--head", "virsu", "--relation", "isa"]).failed_with(&["unknown entity \"virsu\"", "\"virus\""]);
    search(&["--head", "virus", "--relation", "is"]).failed_with(&["unknown relation \"is\"", "\"isa\""]);
    search(&["--relation", "isa"]).failed_with(&["--head"]);
}

#[test]
fn entities_that_are_given_stay_as_they_are() {
    let place = Place::new();
    let graph = ess_relations::KnowledgeGraph::open(umls()).unwrap();
    let names: Vec<String> = graph.entities().all().iter().rev().cloned().collect();
    let rows: Vec<Vec<f32>> =
        (0..names.len()).map(|row| (0..12).map(|i| ((row * 12 + i) as f32).sin()).collect()).collect();
    let store = |count: usize| {
        let ids = Ids::new(names[..count].to_vec()).unwrap();
        let rows = Embeddings::from_rows(&rows[..count]).unwrap();
        let path = place.text("entities.safetensors");
        write_store(&path, &ids, &rows, Dtype::F32, &Provenance::default()).unwrap();
        path
    };
    let train = |path: String| {
        let flags = ["--graph", &umls(), "--out", &place.text("set"), "--epochs", "2", "--entities", &path];
        run("relations train", flags)
    };
    train(store(names.len())).succeeded();
    let set = ess_relations::RelationSet::load(place.path("set")).unwrap();
    let virus = names.iter().position(|name| name == "virus").unwrap();
    assert_eq!(set.encodings().unwrap().row(set.entities().find("virus").unwrap()), rows[virus]);
    train(store(100)).failed_with(&["--entities lacks an entity of the graph"]);
}

#[test]
fn wrong_settings_and_files_are_refused() {
    let place = Place::new();
    std::fs::write(place.path("settings.json"), r#"{"epochss": 3}"#).unwrap();
    place.train(&["--settings", &place.text("settings.json")]).failed_with(&["settings.json", "epochss"]);
    std::fs::write(place.path("settings.json"), "[]").unwrap();
    place
        .train(&["--settings", &place.text("settings.json")])
        .failed_with(&["settings.json", "a JSON object"]);
    place.train(&["--model", "transe"]).failed_with(&["transe", "dist_mult", "meim"]);
    place.train(&["--model", "mei", "--partitions", "5"]).failed_with(&["multiple of the partitions"]);
    assert!(!place.path("set").exists());
    std::fs::write(place.path("set"), "ESSRELAT torn").unwrap();
    let flags = ["--relations", &place.text("set"), "--graph", &umls()];
    run("relations evaluate", flags).failed_with(&["expected at least 40 bytes", "found 13"]);
    run("relations evaluate", ["--relations", &place.text("none"), "--graph", &umls()])
        .failed_with(&["found nothing"]);
    let folder = place.text("");
    run("relations evaluate", ["--relations", &place.text("set"), "--graph", &folder])
        .failed_with(&["without train.txt"]);
}
