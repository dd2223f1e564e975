//! `train --module auto`, `evaluate` of what it chose, and `ess compare auto`.

use std::{path::Path, time::Duration};

use ess_data::{Dtype, EmbeddingStore, Provenance, StoredRepresentation, read_run, write_store};

use crate::{
    program::{Outcome, command, read_json, run},
    small_data::{ITEMS, QUERIES, SmallData},
};

/// The small data with texts and settings.
fn data_with_texts() -> SmallData {
    let data = SmallData::new(6, 6).with_texts();
    std::fs::write(data.path("config.json"), CONFIG).unwrap();
    data
}

/// One module that is cheap and one that takes long enough to be killed in.
const CONFIG: &str = r#"{"trained_modules": [
    {"name": "ridge", "module": {"kind": "ridge", "regularisation": [3.0], "shares": [1.0]}},
    {"name": "linear", "module": {"kind": "linear"}, "trainer": {"max_steps": 200}}]}"#;

fn arguments(data: &SmallData, out: &str, more: &[&str]) -> Vec<String> {
    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let (out, config) = (data.text(out), data.text("config.json"));
    let own = ["--module", "auto", "--embeddings", &folder, "--train", &qrels, "--out", &out];
    let texts = ["--beir", &folder, "--config", &config];
    own.into_iter().chain(texts).chain(more.iter().copied()).map(str::to_owned).collect()
}

fn choose(data: &SmallData, out: &str, more: &[&str]) -> Outcome {
    run("train", arguments(data, out, more))
}

/// The files of a choice but the journal and the reports, which have times in them.
fn chosen(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| name != "journal.json" && name != "training.json")
        .collect();
    files.sort();
    files
}

#[test]
fn a_choice_is_made_with_texts_and_measured_on_known_and_new_items() {
    let data = data_with_texts();
    let out = choose(&data, "module", &[]).succeeded();
    for words in ["tried weights alone", "tried no trained module", "tried ridge", "dense and lexical: "] {
        assert!(out.stdout.contains(words), "{words:?} is not in\n{}", out.stdout);
    }
    let report = read_json(&data.path("module/training.json"));
    assert!(report["hybrid"]["trial"].is_string(), "words find everything: {}", report["hybrid"]["reason"]);
    // Each item is relevant to one query, so all held-out queries ask for new items.
    assert_eq!(report["hybrid"]["seen"], serde_json::Value::Null);
    assert_eq!(report["hybrid"]["unseen"]["queries"], QUERIES);

    let (module, folder, qrels) = (data.text("module"), data.text(""), data.text("qrels.tsv"));
    let out = data.evaluate(&["--module", &module, "--beir", &folder, "--train", &qrels]).succeeded();
    for words in
        ["module (dense)", "module (hybrid)", "24 queries have a relevant item that training knew, 0"]
    {
        assert!(out.stdout.contains(words), "{words:?} is not in\n{}", out.stdout);
    }
}

#[test]
fn token_states_of_both_sides_are_weighed_and_looked_at_again_when_measured() {
    let data = data_with_texts().with_tokens_of_both_sides();
    let out = data.train(&["--module", "auto"]).succeeded();
    assert!(out.stdout.is_empty(), "{}", out.stdout);
    let report = read_json(&data.path("module/training.json"));
    assert_eq!(report["item_tokens"], 2 * ITEMS);
    assert!(report["dense"]["second"]["tokens"].as_f64().unwrap() > 0.2, "{}", report["dense"]);

    let (module, json) = (data.text("module"), data.text("report.json"));
    let out = data.evaluate(&["--module", &module, "--json", &json]).succeeded();
    assert!(out.stdout.contains("module (dense)"), "{}", out.stdout);
    // The same items without tokens are not what was chosen for.
    let plain = SmallData::new(6, 6).with_texts();
    plain.evaluate(&["--module", &module]).failed_with(&["\"tokens\"", "the items lack"]);
}

/// Each query is an item too, the nearest of itself. Left out of its own ranking, it is left out where choices are judged as
/// well: the frozen encoder comes to the same nDCG@10 there and where it is measured.
#[test]
fn a_query_s_own_item_is_no_candidate_of_a_choice_nor_of_what_it_searches() {
    let data = SmallData::new(6, 6).with_queries_that_are_items();
    std::fs::write(data.path("config.json"), CONFIG).unwrap();
    // Found by words, and second to what embeddings find.
    let judged: Vec<String> = (0..QUERIES).map(|query| format!("d{query}\td{}\t1", query + 11)).collect();
    data.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
    let frozen =
        |out: &str| read_json(&data.path(out).join("training.json"))["dense"]["frozen"].as_f64().unwrap();
    choose(&data, "plain", &["--quiet"]).succeeded();
    choose(&data, "module", &["--quiet", "--ignore-identical-ids"]).succeeded();
    assert!(frozen("module") > frozen("plain"), "{} {}", frozen("module"), frozen("plain"));

    let (module, folder, json, written) =
        (data.text("module"), data.text(""), data.text("report.json"), data.text("hits.run"));
    let own = ["--module", &module, "--beir", &folder, "--json", &json, "--write-run", &written];
    data.evaluate(&[&own[..], &["--ignore-identical-ids"]].concat()).succeeded();
    let ndcg = |system: &str| {
        read_json(&data.path("report.json"))["systems"][system]["ndcg@10"]["mean"].as_f64().unwrap()
    };
    assert!((ndcg("frozen") - frozen("module")).abs() < 1e-5, "{} {}", ndcg("frozen"), frozen("module"));
    assert!(ndcg("module (hybrid)") > ndcg("frozen"));
    let hits = read_run(&written).unwrap();
    assert_eq!(hits.queries().count(), QUERIES);
    assert!(hits.queries().all(|query| hits.score(query, query).is_none()));

    // The same in `compare auto`.
    let (qrels, out, config) = (data.text("qrels.tsv"), data.text("auto.md"), data.text("config.json"));
    let set = format!("own={folder},{folder},{qrels},,{qrels}");
    let own = ["--data", &set, "--config", &config, "--out", &out, "--ignore-identical-ids"];
    run("compare auto", own).succeeded();
    let kept = read_json(&data.path("auto.cells/own/choice.json"));
    assert_eq!(kept["report"]["dense"]["frozen"].as_f64(), Some(frozen("module")));
    let cell = read_json(&data.path("auto.cells/own on own.json"));
    assert!((cell["frozen"]["value"].as_f64().unwrap() - ndcg("frozen")).abs() < 1e-9);
    assert!((cell["hybrid"]["mean"]["value"].as_f64().unwrap() - ndcg("module (hybrid)")).abs() < 1e-9);
}

#[test]
fn a_run_that_was_killed_goes_on_and_chooses_the_same() {
    let data = data_with_texts();
    choose(&data, "whole", &["--quiet"]).succeeded();
    let mut killed = command("train").args(arguments(&data, "killed", &["--quiet"])).spawn().unwrap();
    // Killed when its first trial is kept, or ended before; the choice must be the same either way.
    while !data.path("killed/journal.json").exists() && killed.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    choose(&data, "killed", &["--quiet"]).succeeded();
    assert_eq!(chosen(&data.path("killed")), chosen(&data.path("whole")));
}

#[test]
fn a_budget_that_is_spent_ends_with_the_frozen_encoder() {
    let data = data_with_texts();
    let out = choose(&data, "module", &["--budget", "0.000001"]).succeeded();
    assert!(out.stdout.contains("not tried: weights alone: the budget ended"), "{}", out.stdout);
    let report = read_json(&data.path("module/training.json"));
    assert_eq!(report["dense"]["trial"], serde_json::Value::Null);
    let module = data.text("module");
    data.evaluate(&["--module", &module]).succeeded();
}

#[test]
fn without_texts_the_choice_is_dense_and_says_so() {
    let data = data_with_texts();
    let out = data.train(&["--module", "auto"]).succeeded();
    assert!(out.stdout.is_empty(), "{}", out.stdout);
    assert_eq!(read_json(&data.path("module/training.json"))["hybrid"], serde_json::Value::Null);
    let folder = data.text("");
    data.train(&["--module", "linear", "--beir", &folder]).failed_with(&["--beir", "--module auto"]);
    for (flag, value) in
        [("--loss", "softmax"), ("--side", "item"), ("--max-steps", "3"), ("--dev-share", "0.3")]
    {
        data.train(&["--module", "auto", flag, value]).failed_with(&[flag, "--module auto", "--config"]);
    }
}

#[test]
fn choices_on_several_data_sets_become_a_page_that_a_second_run_takes_from_what_is_kept() {
    let (data, other, third) = (data_with_texts(), data_with_texts(), data_with_texts());
    let set = |name: &str, data: &SmallData, train: &str| {
        let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
        let train = if train.is_empty() { String::new() } else { qrels.clone() };
        format!("{name}={folder},{folder},{train},,{qrels}")
    };
    let (first, second) = (set("one", &data, "train"), set("two", &other, "train"));
    let target = set("target", &third, "");
    let (out, config, peers) = (data.text("auto.md"), data.text("config.json"), data.text("peers.json"));
    std::fs::write(&peers, r#"[{"name": "tuned", "source": "elsewhere", "ndcg": 0.5, "cpu_seconds": 492}]"#)
        .unwrap();
    let arguments = [
        "--data",
        &first,
        "--data",
        &second,
        "--data",
        &target,
        "--config",
        &config,
        "--out",
        &out,
        "--plot-budgets",
        "0.001,50",
        "--peers",
        &peers,
    ];
    let page = run("compare auto", arguments).succeeded().stdout;
    for words in ["| one (24) |", "| two (24) |", "| all others |", "| tuned (elsewhere) | 492 | .5000 |"] {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
    assert_eq!(std::fs::read_to_string(&out).unwrap(), page);
    assert!(std::fs::read_to_string(data.path("auto.svg")).unwrap().contains("tuned"));

    // A kept result is taken as it is, and so is one of an earlier version, which says no measure.
    let cell = data.path("auto.cells/one on one.json");
    let mut marked = read_json(&cell);
    marked.as_object_mut().unwrap().remove("measure");
    let mean = marked["hybrid"]["mean"].as_object_mut().unwrap();
    mean.remove("value");
    mean.insert("ndcg".to_owned(), 0.125.into());
    std::fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("compare auto", arguments).succeeded().stdout.contains("| .1250 ["));
    run("compare auto", ["--data", "one=here", "--out", &out]).failed_with(&["NAME=BEIR_DIR"]);
}

#[test]
fn choices_are_measured_by_what_is_asked_for_and_are_not_made_again_for_it() {
    let data = data_with_texts();
    std::fs::write(data.path("config.json"), r#"{"trained_modules": []}"#).unwrap();
    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let (out, config, json) = (data.text("auto.md"), data.text("config.json"), data.text("auto.json"));
    let set = format!("one={folder},{folder},{qrels},,{qrels}");
    let own = ["--data", &set, "--config", &config, "--out", &out, "--json", &json, "--plot-budgets", "50"];
    let choice = data.path("auto.cells/one/choice.json");
    let page = run("compare auto", own).succeeded().stdout;
    assert!(page.contains(" nDCG@10, with 95 %") && !page.contains("The choices themselves"), "{page}");
    let chosen = std::fs::read(&choice).unwrap();

    let page = run("compare auto", own.iter().chain(&["--measure", "mrr"])).succeeded().stdout;
    assert!(page.contains(" mrr, with 95 %") && page.contains("The choices themselves"), "{page}");
    assert!(std::fs::read_to_string(data.path("auto.svg")).unwrap().contains("mrr on test"));
    assert_eq!(std::fs::read(&choice).unwrap(), chosen);
    let (results, expected) = (read_json(json.as_ref()), data.frozen_value("mrr"));
    assert_eq!((&results["measure"], &results["own"][0]["measure"]), (&"mrr".into(), &"mrr".into()));
    let cell = &results["own"][0];
    assert!((cell["frozen"]["value"].as_f64().unwrap() - expected).abs() < 1e-9, "{cell}");
    // Words find what is relevant.
    let hybrid = &cell["hybrid"];
    let gain = hybrid["mean"]["value"].as_f64().unwrap() - expected;
    assert!(gain > 0.0 && (hybrid["gain"].as_f64().unwrap() - gain).abs() < 1e-9, "{cell}");
    let peers = data.text("peers.json");
    std::fs::write(&peers, r#"[{"name": "tuned", "source": "elsewhere", "ndcg": 0.5, "cpu_seconds": 492}]"#)
        .unwrap();
    run("compare auto", own.iter().chain(&["--measure", "mrr", "--peers", &peers])).failed_with(&[
        "peers.json",
        "tuned",
        "expected figures of mrr",
        "ndcg@10",
    ]);
}

#[test]
fn representations_that_stand_in_a_row_are_features_by_name() {
    let data = data_with_texts();
    for name in ["corpus.safetensors", "queries.safetensors"] {
        let store = EmbeddingStore::open(data.path(name)).unwrap();
        let (ids, rows) = (store.ids().clone(), store.to_embeddings().unwrap());
        let part = |name: &str, space: &str, dim| StoredRepresentation {
            name: name.to_owned(),
            space: space.to_owned(),
            dim,
        };
        let parts = vec![part("pooled", "embedding", 2), part("layer=at:1", "layer 1, mean", rows.dim() - 2)];
        let provenance = Provenance { representations: Some(parts), ..Provenance::default() };
        write_store(data.path(name), &ids, &rows, Dtype::F32, &provenance).unwrap();
    }
    let named = r#"{"trained_modules": [], "features": ["lexical", "part_layer_at_1"]}"#;
    std::fs::write(data.path("config.json"), named).unwrap();
    choose(&data, "module", &[]).succeeded();
    data.evaluate(&["--module", &data.text("module"), "--beir", &data.text("")]).succeeded();
    // Without settings all parts are weighed.
    let (folder, qrels, out) = (data.text(""), data.text("qrels.tsv"), data.text("all"));
    let own =
        ["--module", "auto", "--embeddings", &folder, "--train", &qrels, "--out", &out, "--budget", "5"];
    run("train", own).succeeded();
    let features = read_json(&data.path("all/training.json"))["config"]["features"].to_string();
    assert!(features.contains("part_pooled") && features.contains("part_layer_at_1"), "{features}");
}
