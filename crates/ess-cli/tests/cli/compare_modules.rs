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

    // A kept result is taken as it is, and one that is torn is measured again.
    let cell = data.path("table.cells/small.ridge.json");
    let kept = std::fs::read_to_string(&cell).unwrap();
    let mut marked = read_json(&cell);
    marked["outcome"]["measured"]["ndcg"] = 0.125.into();
    std::fs::write(&cell, marked.to_string()).unwrap();
    assert!(run("compare modules", arguments).succeeded().stdout.contains(".1250"));
    std::fs::write(&cell, &kept[..kept.len() / 2]).unwrap();
    assert!(!run("compare modules", arguments).succeeded().stdout.contains(".1250"));
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
