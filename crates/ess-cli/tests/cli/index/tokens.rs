//! An index of token states: built, described and searched by MaxSim.

use crate::program::{read_json, run};
use crate::small_data::{ITEMS, QUERIES, SmallData};

#[test]
fn an_index_of_tokens_finds_by_max_sim() {
    let data = SmallData::new(6, 6).with_tokens_of_both_sides();
    let [items, queries, index, file, json] =
        ["corpus.safetensors", "queries.safetensors", "tokens.index", "hits.run", "info.json"]
            .map(|name| data.text(name));
    let build = ["build", "--kind", "tokens", "--items", &items, "--out", &index, "--bits", "4"];
    let said = run("index", build).succeeded();
    assert!(
        said.stdout.contains(&format!("{ITEMS} items of {} tokens of dimension 12", 2 * ITEMS)),
        "{}",
        said.stdout
    );
    run("index", ["info", "--index", &index, "--json", &json]).succeeded();
    let report = read_json(json.as_ref());
    assert_eq!(
        (&report["kind"], &report["bits"], &report["items"]),
        (&"tokens".into(), &4.into(), &ITEMS.into())
    );
    let search = ["search", "--index", &index, "--queries", &queries, "-k", "1"];
    for more in
        [&["--write-run", &*file][..], &["--nprobe", "64", "--rescore", "40", "--centroid-threshold", "-1"]]
    {
        // The tokens of query i are those of item i + 11.
        let said = run("index", search.into_iter().chain(more.iter().copied())).succeeded();
        assert!(said.stdout.contains("q0: d11 ") && said.stdout.contains("q1: d12 "), "{}", said.stdout);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), QUERIES);
    let kept = ["build", "--kind", "tokens", "--items", &items, "--out", &index, "--keep-vectors"];
    run("index", kept).succeeded();
    run("index", search).succeeded();
    // What does not fit.
    let plain = SmallData::new(6, 6);
    let vectors = plain.text("corpus.safetensors");
    let refused = ["build", "--kind", "tokens", "--items", &vectors, "--out", &index];
    run("index", refused).failed_with(&["corpus.safetensors", "expected token states"]);
    run("index", ["build", "--items", &items, "--out", &index, "--bits", "2"])
        .failed_with(&["--bits", "--kind tokens"]);
    run("index", build.into_iter().map(|word| if word == "4" { "3" } else { word }))
        .failed_with(&["bits", "1, 2 or 4"]);
    let asked = plain.text("queries.safetensors");
    run("index", ["search", "--index", &index, "--queries", &asked])
        .failed_with(&["queries with token states"]);
    run("index", search.into_iter().chain(["--ef-search", "9"]))
        .failed_with(&["--ef-search", "token vectors"]);
    run("index", search.into_iter().chain(["--centroid-threshold", "2"]))
        .failed_with(&["centroid_score_threshold"]);
    run("index", ["tune", "--index", &index, "--items", &items, "--queries", &queries])
        .failed_with(&["token vectors"]);
}
