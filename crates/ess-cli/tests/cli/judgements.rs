//! Judgements as people have them: of queries and items without an embedding, and of queries that are items too.

use std::collections::BTreeMap;

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, Provenance, read_run, write_store};
use serde::Deserialize;
use serde_json::json;

use crate::{
    program::{read_json, run},
    small_data::SmallData,
};

/// The judgements of the usual data, with a query and an item that nobody encoded.
fn with_unknown_ids() -> SmallData {
    let data = SmallData::new(6, 6);
    let mut judged = ["PLAIN-2\td2\t1", "q0\twithdrawn\t1", "q1\twithdrawn\t0"].map(str::to_owned).to_vec();
    judged.extend((0..24).map(|i| format!("q{i}\td{i}\t1")));
    data.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
    data
}

const LEFT_OUT: &str = "qrels.tsv: without an embedding: 1 queries, left out, and 3 judgements";

#[test]
fn missing_embeddings_are_refused_or_left_out_and_counted() {
    let data = with_unknown_ids();
    let json = data.text("report.json");
    data.evaluate(&["--json", &json]).failed_with(&["qrels.tsv", "PLAIN-2"]);
    let said =
        data.evaluate(&["--allow-missing", "--json", &json, "--measure", "recall", "num_q"]).succeeded();
    assert!(said.stderr.contains(LEFT_OUT), "{}", said.stderr);
    let results = read_json(json.as_ref());
    assert_eq!(results["left_out"], json!({"queries": 1, "judgements": 3}));
    // Of the first query one of two relevant items can be found; everything is retrieved.
    let mean = |measure: &str| results["systems"]["frozen"][measure]["mean"].as_f64().unwrap();
    assert_eq!(mean("num_q"), 24.0);
    assert!((mean("recall") - 23.5 / 24.0).abs() < 1e-12);
}

#[test]
fn every_program_that_reads_judgements_can_leave_them_out() {
    let data = with_unknown_ids();
    data.train(&[]).failed_with(&["qrels.tsv", "PLAIN-2"]);
    let said = data.train(&["--allow-missing", "--dev", &data.text("qrels.tsv")]).succeeded();
    assert!(said.stderr.contains(LEFT_OUT), "{}", said.stderr);
    // Cut in two, each side says what it lost.
    let said = data.train(&["--allow-missing"]).succeeded();
    assert!(said.stderr.contains("left out"), "{}", said.stderr);

    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let link = data.text("link.json");
    let calibrate = |more: &[&str]| {
        let own = ["--embeddings", &folder, "--qrels", &qrels, "--out", &link];
        run("calibrate", own.iter().chain(more))
    };
    calibrate(&[]).failed_with(&["qrels.tsv", "PLAIN-2"]);
    assert!(calibrate(&["--allow-missing"]).succeeded().stderr.contains(LEFT_OUT));

    let (set, out) = (format!("small={folder},{qrels},{qrels},{qrels}"), data.text("table.md"));
    let compare = |more: &[&str]| {
        let own = ["--data", &set, "--system", "ridge", "--out", &out];
        run("compare modules", own.iter().chain(more))
    };
    compare(&[]).failed_with(&["PLAIN-2"]);
    assert!(compare(&["--allow-missing"]).succeeded().stderr.contains(LEFT_OUT));
}

#[test]
fn judgements_of_nothing_that_is_there_are_refused_all_the_same() {
    let data = SmallData::new(6, 6);
    data.write_qrels(&["PLAIN-2\td2\t1"]);
    data.evaluate(&["--allow-missing"]).failed_with(&["qrels.tsv", "found 0"]);
}

/// Queries a, b, c are items as well, each the nearest of itself; the next nearest is the relevant one.
#[test]
fn a_query_s_own_item_is_left_out_where_that_is_asked_for() {
    let data = SmallData::new(2, 2);
    let angles = [0.0_f32, 0.5, 1.1, 1.4];
    let write = |name: &str, ids: &[&str], angles: &[f32]| {
        let ids = Ids::new(ids.iter().map(|id| (*id).to_owned()).collect()).unwrap();
        let rows: Vec<[f32; 2]> = angles.iter().map(|angle| [angle.cos(), angle.sin()]).collect();
        let embeddings = Embeddings::from_rows(&rows).unwrap();
        write_store(data.path(name), &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
    };
    write("queries.safetensors", &["a", "b", "c"], &angles[..3]);
    write("corpus.safetensors", &["a", "b", "c", "d"], &angles);
    data.write_qrels(&["a\tb\t1", "b\ta\t1", "c\td\t1"]);
    let (json, written) = (data.text("results.json"), data.text("hits.run"));
    let mrr = |more: &[&str]| {
        data.evaluate(&[&["--measure", "mrr", "--json", &json], more].concat()).succeeded();
        read_json(json.as_ref())["systems"]["frozen"]["mrr"]["mean"].as_f64().unwrap()
    };
    assert_eq!(mrr(&[]), 0.5);
    assert_eq!(mrr(&["--ignore-identical-ids", "--write-run", &written]), 1.0);
    let hits = read_run(&written).unwrap();
    assert!(hits.queries().all(|query| hits.score(query, query).is_none() && hits.ranking(query).len() == 3));
    // In run files as well.
    data.evaluate(&["--write-run", &written]).succeeded();
    let qrels = data.text("qrels.tsv");
    let of_file = |more: &[&str]| {
        let own = ["--run", &written, "--qrels", &qrels, "--measure", "mrr", "--json", &json];
        run("evaluate", own.iter().chain(more)).succeeded();
        read_json(json.as_ref())["systems"]["frozen"]["mrr"]["mean"].as_f64().unwrap()
    };
    assert_eq!((of_file(&[]), of_file(&["--ignore-identical-ids"])), (0.5, 1.0));
    // And in what a link is fitted on: of two hits a query, its own is one.
    let pairs = |more: &[&str]| {
        let (folder, link) = (data.text(""), data.text("link.json"));
        let own = ["--embeddings", &folder, "--qrels", &qrels, "--out", &link, "--hits", "2", "--folds", "3"];
        run("calibrate", own.iter().chain(&["--json", &json, "--method", "isotonic"]).chain(more))
            .succeeded();
        let results = read_json(json.as_ref());
        (results["pairs"].clone(), results["relevant"].clone())
    };
    assert_eq!(pairs(&["--ignore-identical-ids"]), (6.into(), 3.into()));
    // And where dev queries judge a module in training.
    let frozen_on_dev = |more: &[&str]| {
        data.train(&[&["--dev", &qrels], more].concat()).succeeded();
        read_json(&data.path("module/training.json"))["guard"]["identity"].as_f64().unwrap()
    };
    assert!((frozen_on_dev(&[]) - 1.0 / 3.0_f64.log2()).abs() < 1e-6);
    assert_eq!(frozen_on_dev(&["--ignore-identical-ids"]), 1.0);
}

/// Queries that are items too, and figures by the definition: golden/make_identical_ids.py has their source.
#[derive(Deserialize)]
struct IdenticalIds {
    queries: BTreeMap<String, Vec<f32>>,
    corpus: BTreeMap<String, Vec<f32>>,
    judged: BTreeMap<String, String>,
    ndcg: BTreeMap<String, f64>,
}

#[test]
fn without_a_query_s_own_item_figures_follow_beir_s_rule() {
    let golden: IdenticalIds = serde_json::from_str(include_str!("../golden/identical_ids.json")).unwrap();
    let data = SmallData::new(2, 2);
    for (name, rows) in [("queries.safetensors", &golden.queries), ("corpus.safetensors", &golden.corpus)] {
        let ids = Ids::new(rows.keys().cloned().collect()).unwrap();
        let embeddings = Embeddings::from_rows(&rows.values().collect::<Vec<_>>()).unwrap();
        write_store(data.path(name), &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
    }
    let judged: Vec<_> = golden.judged.iter().map(|(query, item)| format!("{query}\t{item}\t1")).collect();
    data.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
    let json = data.text("results.json");
    let ndcg = |more: &[&str]| {
        data.evaluate(&[&["--measure", "ndcg@10", "--json", &json], more].concat()).succeeded();
        read_json(json.as_ref())["systems"]["frozen"]["ndcg@10"]["mean"].as_f64().unwrap()
    };
    assert!((ndcg(&[]) - golden.ndcg["with own"]).abs() < 1e-12);
    assert!((ndcg(&["--ignore-identical-ids"]) - golden.ndcg["without own"]).abs() < 1e-12);
}

#[test]
fn ids_that_a_run_cannot_hold_are_refused_before_the_search() {
    let data = SmallData::new(2, 2);
    let ids = Ids::new(vec!["d 0".into(), "d1".into()]).unwrap();
    let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    write_store(data.path("corpus.safetensors"), &ids, &embeddings, Dtype::F32, &Provenance::default())
        .unwrap();
    data.write_qrels(&["q0\td 0\t1", "q1\td1\t1"]);
    data.evaluate(&[]).succeeded();
    data.evaluate(&["--write-run", &data.text("hits.run")]).failed_with(&[
        "hits.run",
        "\"d 0\"",
        "white space",
    ]);
    assert!(!data.path("hits.run").exists());
}
