//! `ess compare modules`: one table of many systems, that goes on where it stopped.

use crate::{
    program::{read_json, run},
    small_data::SmallData,
};

#[test]
fn systems_are_measured_once_and_a_second_run_takes_what_is_kept() {
    let data = SmallData::new(6, 6);
    let (qrels, folder) = (data.text("qrels.tsv"), data.text(""));
    let (out, json) = (data.text("table.md"), data.text("table.json"));
    let peers = data.text("peers.json");
    std::fs::write(&peers, r#"[{"name": "a peer", "source": "its authors", "ndcg": {"small": 0.5}}]"#)
        .unwrap();
    let set = format!("small={folder},{qrels},{qrels},{qrels}");
    let arguments = [
        "--data",
        &set,
        "--system",
        "ridge",
        "--system",
        "procrustes",
        "--peers",
        &peers,
        "--out",
        &out,
        "--json",
        &json,
    ];
    let first = run("compare modules", arguments).succeeded();
    for words in ["| frozen |", "| ridge |", "| procrustes |", "| a peer | its authors | .5000 |"] {
        assert!(first.stdout.contains(words), "{words} is not in\n{}", first.stdout);
    }
    assert_eq!(std::fs::read_to_string(&out).unwrap(), first.stdout);
    let results = read_json(json.as_ref());
    assert_eq!(results["cells"].as_array().unwrap().len(), 3);
    let frozen = &results["cells"][0]["outcome"]["measured"];
    assert_eq!((&frozen["difference"], &frozen["queries"]), (&0.0.into(), &24.into()));

    // A kept result is taken as it is, here as an earlier version wrote it, and one that is torn is measured again.
    let cell = data.path("table.cells/small.ridge.json");
    let kept = std::fs::read_to_string(&cell).unwrap();
    let mut marked = read_json(&cell);
    let measured = marked["outcome"]["measured"].as_object_mut().unwrap();
    measured.remove("value");
    measured.insert("ndcg".to_owned(), 0.125.into());
    std::fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("compare modules", arguments).succeeded().stdout.contains(".1250"));
    std::fs::write(&cell, &kept[..kept.len() / 2]).unwrap();
    assert!(!run("compare modules", arguments).succeeded().stdout.contains(".1250"));
}

#[test]
fn a_page_is_in_the_measure_that_is_asked_for() {
    let data = SmallData::new(6, 6).with_texts();
    let (qrels, folder) = (data.text("qrels.tsv"), data.text(""));
    let (out, json, peers) = (data.text("table.md"), data.text("table.json"), data.text("peers.json"));
    let set = format!("small={folder},{qrels},{qrels},{qrels}");
    let own = ["--data", &set, "--against", "ridge", "--system", "ridge", "--out", &out, "--json", &json];
    let values = || {
        let measured = read_json(json.as_ref())["cells"].as_array().unwrap().clone();
        measured.into_iter().map(|mut cell| cell["outcome"]["measured"].take()).collect::<Vec<_>>()
    };
    let value = |measured: &serde_json::Value| measured["value"].as_f64().unwrap();
    let page = run("compare modules", own).succeeded().stdout;
    assert!(
        page.contains("\nnDCG@10 on test queries") && page.contains("difference of nDCG@10 on"),
        "{page}"
    );
    let by_ndcg = values();
    assert!((value(&by_ndcg[0]) - data.frozen_value("ndcg@10")).abs() < 1e-9);

    let in_mrr = ["--measure", "mrr"];
    let page = run("compare modules", own.iter().chain(&in_mrr)).succeeded().stdout;
    assert!(page.contains("\nmrr on test queries") && page.contains("difference of mrr on"), "{page}");
    assert!(!page.contains("nDCG"), "{page}");
    let [frozen, ridge] = values().try_into().unwrap();
    assert!((value(&frozen) - data.frozen_value("mrr")).abs() < 1e-9);
    assert!((value(&frozen) - value(&by_ndcg[0])).abs() > 0.01, "{frozen}");
    let difference = value(&ridge) - value(&frozen);
    assert!((ridge["difference"].as_f64().unwrap() - difference).abs() < 1e-9, "{ridge}");
    // Dev chose by it as well.
    assert_eq!(
        (&read_json(json.as_ref())["measure"], &ridge["report"]["guard"]["measure"]),
        (&"mrr".into(), &"mrr".into())
    );

    // Figures from elsewhere say what they are.
    let row = r#""name": "a peer", "source": "its authors""#;
    std::fs::write(&peers, format!(r#"[{{{row}, "ndcg": {{"small": 0.5}}}}]"#)).unwrap();
    let with_peers = ["--peers", &peers];
    run("compare modules", own.iter().chain(&in_mrr).chain(&with_peers)).failed_with(&[
        "peers.json",
        "a peer",
        "expected figures of mrr",
        "ndcg@10",
    ]);
    std::fs::write(&peers, format!(r#"[{{{row}, "measure": "mrr", "values": {{"small": 0.25}}}}]"#)).unwrap();
    let page = run("compare modules", own.iter().chain(&in_mrr).chain(&with_peers)).succeeded().stdout;
    assert!(page.contains("| a peer | its authors | .2500 |"), "{page}");

    // What is kept of one measure is not taken for the other.
    run("compare modules", own).succeeded();
    assert_eq!(values().iter().map(value).collect::<Vec<_>>(), by_ndcg.iter().map(value).collect::<Vec<_>>());
}

#[test]
fn a_measure_that_there_is_not_or_that_is_no_mean_is_refused_before_any_work() {
    let data = SmallData::new(6, 6).with_texts();
    let (folder, qrels, out) = (data.text(""), data.text("qrels.tsv"), data.text("page.md"));
    let embeddings = format!("small={folder},{qrels},{qrels},{qrels}");
    let texts = format!("small={folder},{folder},{qrels},,{qrels}");
    for (command, set) in
        [("compare modules", &embeddings), ("compare auto", &texts), ("compare hybrid", &texts)]
    {
        let compare = |measure: &str| run(command, ["--data", set, "--out", &out, "--measure", measure]);
        compare("bleu@4").failed_with(&["--measure", "bleu@4", "ndcg", "recall", "bpref"]);
        compare("gm_map").failed_with(&["--measure", "gm_map", "mean over the queries"]);
        assert!(!data.path("page.md").exists() && !data.path("page.cells").exists(), "{command}");
    }
}

#[test]
fn rich_encodings_are_measured_where_they_are_given() {
    let (data, tokens) = (SmallData::new(6, 6), SmallData::new(6, 6).with_token_states(3));
    let layers = SmallData::new(12, 6);
    let (qrels, out) = (data.text("qrels.tsv"), data.text("table.md"));
    let compare = |more: &str| {
        let set = format!("small={},{qrels},{qrels},{qrels}{more}", data.text(""));
        let rich = [
            "token_attention over tokens",
            "layer_attention over layers",
            "similarity_attention over 10 found items",
            "feedback, not trained",
        ];
        let systems = rich.iter().flat_map(|system| ["--system", system]);
        let own = ["--data", &set, "--out", &out, "--against", "ridge"];
        run("compare modules", own.into_iter().chain(systems)).succeeded().stdout
    };
    let row = |table: &str, system: &str| -> Vec<String> {
        let of_system = |line: &&str| line.starts_with(&format!("| {system} |"));
        table.lines().filter(of_system).map(str::to_owned).collect()
    };
    let without = compare("");
    for system in ["token_attention over tokens", "layer_attention over layers"] {
        let rows = row(&without, system);
        assert!(rows.len() == 2 && rows.iter().all(|row| row.ends_with("| – |")), "{without}");
        assert!(without.contains(&format!("- {system}: their folder was not given")), "{without}");
    }
    let found = row(&without, "similarity_attention over 10 found items");
    assert!(found.len() == 2 && found.iter().all(|row| row.contains('[')), "{without}");

    let with = compare(&format!(",{},{}", tokens.text(""), layers.text("")));
    for system in ["token_attention over tokens", "layer_attention over layers", "feedback, not trained"] {
        let rows = row(&with, system);
        assert!(rows.len() == 2 && rows.iter().all(|row| row.contains('[')), "{with}");
    }
    assert!(with.contains("## Against ridge") && !with.contains("Not possible"), "{with}");
    // What reads neither folder is kept, and so is its row.
    assert_eq!(row(&with, "similarity_attention over 10 found items"), found);
}

#[test]
fn data_sets_and_systems_that_are_none_are_refused() {
    let data = SmallData::new(6, 6);
    let out = data.text("table.md");
    let compare = |more: &[&str]| run("compare modules", ["--out", &out].iter().chain(more));
    compare(&["--data", "small=here"]).failed_with(&["NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST"]);
    let set = format!("small={0},{0}qrels.tsv,,{0}qrels.tsv", data.text(""));
    compare(&["--data", &set, "--system", "linaer"]).failed_with(&["linaer", "linear, refitted"]);
    compare(&["--data", "small=no/folder,a,b,c"]).failed_with(&["small", "no/folder"]);
}

#[test]
fn two_data_sets_of_one_name_are_refused_for_their_columns_would_be_those_of_the_first() {
    let (one, other) = (SmallData::new(6, 6).with_texts(), SmallData::new(4, 4).with_texts());
    let out = one.text("page.md");
    let set = |data: &SmallData| format!("small={0},{0}qrels.tsv,,{0}qrels.tsv", data.text(""));
    let (first, second) = (set(&one), set(&other));
    let two = ["--data", &first, "--data", &second, "--out", &out];
    run("compare modules", two).failed_with(&["--data", "two data sets are called \"small\""]);
    let set = |data: &SmallData| format!("small={0},{0},{0}qrels.tsv,,{0}qrels.tsv", data.text(""));
    let (first, second) = (set(&one), set(&other));
    let two = ["--data", &first, "--data", &second, "--out", &out];
    for page in ["compare hybrid", "compare auto"] {
        run(page, two).failed_with(&["--data", "two data sets are called \"small\""]);
    }
    assert!(!one.path("page.md").exists());
}
