//! `index`: built, described and searched; wrong files and settings are refused. More is asked in a file a question.

mod compaction;
mod efforts;
mod tokens;

use crate::program::{read_json, run};
use crate::small_data::{ITEMS, QUERIES, SmallData};

struct Built {
    data: SmallData,
    index: String,
}

impl Built {
    fn new(more: &[&str]) -> Self {
        let data = SmallData::new(6, 6);
        let (items, index) = (data.text("corpus.safetensors"), data.text("items.index"));
        let own = ["build", "--items", &items, "--out", &index];
        let said = run("index", own.iter().chain(more).copied()).succeeded();
        assert!(said.stdout.contains(&format!("{ITEMS} items of dimension 6")), "{}", said.stdout);
        Self { data, index }
    }
}

#[test]
fn every_kind_finds_the_same_items() {
    let mut runs = Vec::new();
    for kind in [&["--dtype", "f32"][..], &["--dtype", "i8"], &["--kind", "graph"], &["--kind", "quantised"]]
    {
        let built = Built::new(kind);
        let (queries, file) = (built.data.text("queries.safetensors"), built.data.text("hits.run"));
        let said = run(
            "index",
            ["search", "--index", &built.index, "--queries", &queries, "-k", "5", "--write-run", &file],
        )
        .succeeded();
        assert!(said.stdout.contains("q0: d"), "{}", said.stdout);
        // Query, "Q0", item and rank: kinds may sum in another order.
        let text = std::fs::read_to_string(file).unwrap();
        let fields = |line: &str| line.split_whitespace().take(4).map(str::to_owned).collect::<Vec<_>>();
        runs.push(text.lines().map(fields).collect::<Vec<_>>());
    }
    assert_eq!(runs[0].len(), 5 * QUERIES);
    assert!(runs.iter().all(|run| run == &runs[0]));
}

#[test]
fn the_hits_that_are_shown_are_in_the_json_too() {
    let built = Built::new(&[]);
    let (queries, json) = (built.data.text("queries.safetensors"), built.data.text("hits.json"));
    let own = ["search", "--index", &built.index, "--queries", &queries, "-k", "2", "--json", &json];
    for (more, shown) in [(&[][..], 3), (&["--show", "0"], 0), (&["--show", "99", "--quiet"], QUERIES)] {
        let said = run("index", own.iter().chain(more)).succeeded();
        let results = read_json(json.as_ref());
        let found = results["shown"].as_array().unwrap();
        assert_eq!((found.len(), &results["queries"]), (shown, &QUERIES.into()), "{results}");
        for of_query in found.iter().filter(|_| !more.contains(&"--quiet")) {
            let [first, second] = [0, 1].map(|at| &of_query["hits"][at]);
            let [query, item] = [&of_query["query"], &first["item"]].map(|id| id.as_str().unwrap());
            let [first, second] = [first, second].map(|hit| hit["similarity"].as_f64().unwrap());
            assert!(said.stdout.contains(&format!("{query}: {item} {first:.4}, ")), "{}", said.stdout);
            assert!(first >= second);
        }
    }
}

#[test]
fn words_are_found_without_the_texts_that_were_indexed() {
    let data = SmallData::new(6, 6).with_texts();
    let [beir, index, json, hits] = ["", "bm25.index", "info.json", "hits.run"].map(|name| data.text(name));
    let said = run("index", ["build", "--beir", &beir, "--out", &index]).succeeded();
    assert!(said.stdout.contains(&format!("{ITEMS} items of dimension")), "{}", said.stdout);
    let search = ["search", "--index", &index, "--beir", &beir, "-k", "1", "--write-run", &hits];
    let said = run("index", search).succeeded();
    assert!(said.stdout.contains("q0: d11 ") && said.stdout.contains("q1: d12 "), "{}", said.stdout);
    assert_eq!(std::fs::read_to_string(&hits).unwrap().lines().count(), QUERIES);
    for read in [&["--read"][..], &["--no-verify"], &[]] {
        std::fs::rename(data.path("corpus.jsonl"), data.path("hidden")).unwrap();
        let texts = ["search", "--index", &index, "--text", "Name7!", "--text", "all names39", "-k", "1"];
        let said = run("index", texts.iter().chain(read).copied()).succeeded();
        assert!(said.stdout.contains("1: d7 ") && said.stdout.contains("2: d"), "{}", said.stdout);
        std::fs::rename(data.path("hidden"), data.path("corpus.jsonl")).unwrap();
    }
    // Items without a word of the query are no answers.
    let none =
        run("index", ["search", "--index", &index, "--text", "zzzz", "--text", "name7 zzzz", "-k", "5"])
            .succeeded();
    assert!(
        none.stdout.starts_with("1: \n2: d7 ") && none.stdout.lines().take(2).all(|line| !line.contains(",")),
        "{}",
        none.stdout
    );
    run("index", ["info", "--index", &index, "--json", &json]).succeeded();
    let report = read_json(json.as_ref());
    assert_eq!((&report["kind"], &report["items"]), (&"bm25".into(), &ITEMS.into()));

    let (items, queries) = (data.text("corpus.safetensors"), data.text("queries.safetensors"));
    let build = |more: &[&str]| run("index", ["build", "--out", &index].iter().chain(more).copied());
    build(&["--items", &items, "--kind", "bm25"]).failed_with(&["--kind bm25", "--beir"]);
    build(&["--beir", &beir, "--kind", "graph"]).failed_with(&["--kind", "bm25"]);
    build(&["--beir", &beir, "--k1", "-1"]).failed_with(&["k1", "0 or more", "-1"]);
    build(&["--beir", &beir, "--language", "klingon"]).failed_with(&["--language", "klingon", "german"]);
    build(&[]).failed_with(&["--items"]);
    let ask = |more: &[&str]| run("index", ["search", "--index", &index].iter().chain(more).copied());
    ask(&["--queries", &queries]).failed_with(&["--queries", "--text"]);
    ask(&["--text", "x", "--nprobe", "3"]).failed_with(&["--nprobe", "leave the flag out"]);
    ask(&[]).failed_with(&["--queries"]);
    run("index", ["compact", "--index", &index])
        .failed_with(&["bm25.index", "a sparse index, or sparse vectors, of ESS"]);
    let dense = data.text("items.index");
    run("index", ["build", "--items", &items, "--out", &dense]).succeeded();
    run("index", ["search", "--index", &dense, "--text", "x"]).failed_with(&["--text", "--queries"]);
    let mut bytes = std::fs::read(&index).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&index, &bytes).unwrap();
    ask(&["--text", "x"]).failed_with(&["bm25.index", "damaged"]);
}

#[test]
fn an_index_says_what_it_is_and_damage_is_found() {
    let built = Built::new(&["--kind", "graph"]);
    let json = built.data.text("info.json");
    run("index", ["info", "--index", &built.index, "--verify", "--json", &json]).succeeded();
    let report = read_json(json.as_ref());
    assert_eq!(
        (&report["kind"], &report["items"], &report["dim"]),
        (&"graph".into(), &ITEMS.into(), &6.into())
    );
    assert_eq!(report["capabilities"]["filter"], true);
    let mut bytes = std::fs::read(&built.index).unwrap();
    // The first component of the first item, behind the header.
    let header = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    bytes[40 + header] ^= 1;
    std::fs::write(&built.index, &bytes).unwrap();
    run("index", ["info", "--index", &built.index, "--verify"]).failed_with(&["items.index", "damaged"]);
    let queries = built.data.text("queries.safetensors");
    let search = ["search", "--index", &built.index, "--queries", &queries, "-k", "5"];
    run("index", search).failed_with(&["items.index", "damaged"]);
    run("index", search.into_iter().chain(["--read"])).failed_with(&["items.index", "damaged"]);
    run("index", search.into_iter().chain(["--no-verify"])).succeeded();
    std::fs::write(&built.index, &bytes[..bytes.len() - 1]).unwrap();
    run("index", ["info", "--index", &built.index]).failed_with(&["items.index", "expected", "found"]);
}

#[test]
fn a_changed_byte_is_found_wherever_it_is_before_anything_is_searched() {
    for kind in ["flat", "graph", "ivf-pq"] {
        let built = Built::new(&["--kind", kind]);
        let queries = built.data.text("queries.safetensors");
        let search = || run("index", ["search", "--index", &built.index, "--queries", &queries, "-k", "5"]);
        search().succeeded();
        let good = std::fs::read(&built.index).unwrap();
        let sections = 40 + u32::from_le_bytes(good[12..16].try_into().unwrap()) as usize;
        // In the checksum of the header, in the header, and from the first byte behind it to the last.
        let behind = (0..10).map(|part| sections + (good.len() - 1 - sections) * part / 9);
        for at in [20, 50].into_iter().chain(behind) {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            std::fs::write(&built.index, &bytes).unwrap();
            let said = search();
            let named = ["damaged", "zeros between sections"].iter().any(|why| said.stderr.contains(why));
            assert!(named, "byte {at} of {kind}: {said:?}");
            said.failed_with(&["items.index"]);
        }
    }
}

#[test]
fn wrong_settings_and_files_are_refused() {
    let data = SmallData::new(6, 6);
    let (items, out) = (data.text("corpus.safetensors"), data.text("items.index"));
    let graph = ["build", "--items", &items, "--out", &out, "--kind", "graph", "--degree", "1"];
    run("index", graph).failed_with(&["degree", "4 to 256", "found 1"]);
    run("index", ["info", "--index", &out]).failed_with(&["items.index", "no such file"]);
    run("index", ["info", "--index", &items]).failed_with(&["corpus.safetensors", "an index file"]);
    let text = ["build", "--items", &data.text("qrels.tsv"), "--out", &out];
    run("index", text).failed_with(&["qrels.tsv", "expected an embedding store", "found a text"]);
    let built = Built::new(&[]);
    let queries = built.data.text("queries.safetensors");
    let search = |k| run("index", ["search", "--index", &built.index, "--queries", &queries, "-k", k]);
    search("0").failed_with(&["k must be at least 1", "found 0"]);
    let hits = search("41").succeeded().stdout.lines().next().unwrap().split(", ").count();
    assert_eq!(hits, 40, "a k beyond the items finds them all");
    // What changes nothing, and a recall that nothing reaches.
    for (flag, kind) in [("--ef-search", "graph"), ("--nprobe", "ivf-pq"), ("--rescore", "ivf-pq")] {
        let search = ["search", "--index", &built.index, "--queries", &queries, flag, "8"];
        run("index", search).failed_with(&[flag, kind, "leave the flag out"]);
    }
    for target in ["2", "0", "-1", "NaN"] {
        let tune = ["tune", "--index", &built.index, "--items", &items, "--queries", &queries];
        let tuned = run("index", tune.into_iter().chain(["--target", target]));
        tuned.failed_with(&["--target", "above 0 and at most 1", target]);
    }
    // As many threads as were asked for kept the program busy without end.
    for (flag, value, expected) in
        [("-k", "0", "at least 1"), ("--threads", "0", "1 to 1024"), ("--threads", "100000", "1 to 1024")]
    {
        let tune = ["tune", "--index", &built.index, "--items", &items, "--queries", &queries, flag, value];
        run("index", tune).failed_with(&[flag, expected, value]);
    }
    // Recall against other items means nothing.
    let tune = ["tune", "--index", &built.index, "--items", &queries, "--queries", &queries];
    run("index", tune).failed_with(&["--items", "expected the 40 items", "found 24"]);
}

#[test]
fn flags_that_a_kind_does_not_read_are_refused() {
    let data = SmallData::new(6, 6).with_texts();
    let [beir, items, index] = ["", "corpus.safetensors", "items.index"].map(|name| data.text(name));
    let flags = [
        ("--dtype", "f16", "flat ivf-pq"),
        ("--degree", "9", "graph"),
        ("--ef-construction", "9", "graph"),
        ("--lists", "4", "ivf-pq"),
        ("--k1", "1", "bm25"),
        ("--b", "0.5", "bm25"),
        ("--language", "german", "bm25"),
        ("--bits", "4", "tokens"),
        ("--centroids", "4", "tokens"),
        ("--seed", "4", "graph ivf-pq tokens"),
    ];
    for kind in ["flat", "graph", "ivf-pq", "bm25", "tokens"] {
        let from = if kind == "bm25" { ["--beir", &beir] } else { ["--items", &items] };
        for (flag, value, kinds) in flags.iter().filter(|(.., kinds)| !kinds.contains(kind)) {
            let build = ["build", "--kind", kind, "--out", &index, flag, value];
            let wanted = kinds.split(' ').next().unwrap();
            run("index", build.into_iter().chain(from)).failed_with(&[flag, wanted, "leave the flag out"]);
        }
    }
    run("index", ["build", "--items", &items, "--out", &index, "--device", "cpu"]).failed_with(&["--module"]);
    assert!(!std::path::Path::new(&index).exists());
}
