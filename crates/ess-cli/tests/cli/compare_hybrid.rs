//! `ess compare hybrid`: one page of every way to combine dense and lexical search.

use crate::{
    program::{read_json, run},
    small_data::{QUERIES, SmallData},
};

#[test]
fn weights_are_learned_where_words_find_what_is_relevant() {
    let data = SmallData::new(6, 6).with_texts();
    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let (out, json) = (data.text("hybrid.md"), data.text("hybrid.json"));
    let learned = format!("small={folder},{folder},{qrels},,{qrels}");
    let target = format!("target={folder},{folder},,,{qrels}");
    let arguments = ["--data", &learned, "--data", &target, "--out", &out, "--json", &json];
    let page = run("compare hybrid", arguments).succeeded().stdout;
    for words in
        ["| small (24) | target (24) |", "| min-max, tuned | two, 2 |", "learned from both | one, 3 |"]
    {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
    assert_eq!(std::fs::read_to_string(&out).unwrap(), page);

    let results = read_json(json.as_ref());
    let ndcg = |set: usize, system: &str| {
        let measured = results["sets"][set]["measured"].as_array().unwrap();
        let found = measured.iter().find(|measured| measured["system"] == system)?;
        found["value"].as_f64()
    };
    assert!(ndcg(0, "frozen").unwrap() < 0.5, "{page}");
    for system in
        ["BM25", "min-max, tuned", "inner product, one fitted weight", "inner product, learned from scores"]
    {
        assert!(ndcg(0, system).unwrap() > 0.9, "{system}:\n{page}");
    }
    // Without queries to learn from, what learns is left out.
    assert_eq!(ndcg(1, "BM25"), ndcg(0, "BM25"));
    assert_eq!(ndcg(1, "min-max, tuned"), None);

    // A kept result is taken as it is, here as an earlier version wrote it, but not for another depth.
    let cell = data.path("hybrid.cells/target.json");
    let mut marked = read_json(&cell);
    marked.as_object_mut().unwrap().remove("measure");
    let frozen = marked["measured"][0].as_object_mut().unwrap();
    frozen.remove("value");
    frozen.insert("ndcg".to_owned(), 0.125.into());
    std::fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("compare hybrid", arguments).succeeded().stdout.contains("| .1250 +.000"));
    let deeper = run("compare hybrid", arguments.iter().chain(&["--depth", "20"])).succeeded();
    assert!(!deeper.stdout.contains("| .1250 +.000"));
}

#[test]
fn combinations_are_chosen_and_measured_by_what_is_asked_for() {
    let data = SmallData::new(6, 6).with_texts();
    let (folder, qrels) = (data.text(""), data.text("qrels.tsv"));
    let (out, json) = (data.text("hybrid.md"), data.text("hybrid.json"));
    let set = format!("small={folder},{folder},{qrels},,{qrels}");
    let own = ["--data", &set, "--out", &out, "--json", &json];
    let compare = |measure: &str| {
        let page = run("compare hybrid", own.iter().chain(&["--measure", measure])).succeeded().stdout;
        (page, read_json(json.as_ref()))
    };
    for measure in ["mrr", "mrr(rel=1)@3"] {
        let (page, results) = compare(measure);
        assert!(page.contains(&format!(" {measure} on test queries. ")), "{page}");
        assert!(
            page.contains(&format!("ess compare hybrid --out hybrid.md --measure '{measure}'")),
            "{page}"
        );
        assert!(!page.contains("nDCG"), "{page}");
        assert_eq!(results["measure"], measure);
        let set = &results["sets"][0];
        let frozen = set["measured"][0]["value"].as_f64().unwrap();
        assert!((frozen - data.frozen_value(measure)).abs() < 1e-9, "{page}");
        // Words find what is relevant, so the best weight finds it as the first.
        let tuned = set["measured"].as_array().unwrap().iter();
        let mut tuned = tuned.filter(|one| one["system"] == "min-max, tuned").map(|one| &one["value"]);
        assert!(tuned.next().and_then(|value| value.as_f64()).is_some_and(|value| value > 0.9), "{page}");
    }
    let (_, by_ndcg) = compare("ndcg@10");
    assert!(
        (by_ndcg["sets"][0]["measured"][0]["value"].as_f64().unwrap() - data.frozen_value("ndcg@10")).abs()
            < 1e-9
    );
}

/// Each query is an item too and the nearest of itself; what is relevant comes right behind it for most queries.
#[test]
fn a_query_s_own_item_takes_no_place_of_a_ranking() {
    let data = SmallData::new(6, 6).with_queries_that_are_items();
    let judged: Vec<String> = (0..QUERIES).map(|query| format!("d{query}\td{}\t1", query + 9)).collect();
    data.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
    let (folder, qrels, out, json) =
        (data.text(""), data.text("qrels.tsv"), data.text("hybrid.md"), data.text("hybrid.json"));
    let own = ["--ignore-identical-ids", "--measure", "mrr@1", "--json", &json];
    data.evaluate(&own).succeeded();
    let alone = read_json(json.as_ref())["systems"]["frozen"]["mrr@1"]["mean"].as_f64().unwrap();
    let set = format!("own={folder},{folder},,,{qrels}");
    run("compare hybrid", ["--data", &set, "--out", &out].iter().chain(&own)).succeeded();
    let frozen = read_json(json.as_ref())["sets"][0]["measured"][0]["value"].as_f64().unwrap();
    assert!((frozen - alone).abs() < 1e-9 && frozen > 0.5, "{frozen}, {alone}");
}

#[test]
fn data_sets_and_depths_that_are_none_are_refused() {
    let data = SmallData::new(6, 6);
    let out = data.text("hybrid.md");
    let compare = |more: &[&str]| run("compare hybrid", ["--out", &out].iter().chain(more));
    compare(&["--data", "small=here"]).failed_with(&["NAME=BEIR_DIR"]);
    let folder = data.text("");
    let set = format!("small={folder},{folder},,,{}", data.text("qrels.tsv"));
    compare(&["--data", &set]).failed_with(&["small", "corpus.jsonl"]);
    compare(&["--data", &set, "--depth", "9"]).failed_with(&["--depth", "at least 10"]);
    let deeper = ["--data", &set, "--depth", "19", "--measure", "recall@20"];
    compare(&deeper).failed_with(&["--depth", "at least 20", "recall@20"]);
    assert!(!data.path("hybrid.md").exists());
}
