//! Queries and items of different spaces: every kind of module is trained and measured, without a frozen encoder.

use crate::{
    program::{read_json, run},
    small_data::SmallData,
};

#[test]
fn every_kind_of_module_maps_queries_into_the_space_of_the_items() {
    for kind in ["linear", "mlp", "ensemble"] {
        let data = SmallData::new(5, 3);
        let json = data.text("report.json");
        data.train(&["--module", kind, "--json", &json]).succeeded();
        let report = read_json(json.as_ref());
        assert_eq!((&report["module"], &report["guard"]["returned"]), (&kind.into(), &"trained".into()));

        data.evaluate(&["--module", &data.text("module"), "--json", &json]).succeeded();
        let results = read_json(json.as_ref());
        let systems: Vec<&String> = results["systems"].as_object().unwrap().keys().collect();
        assert_eq!(systems, ["module"], "there is no frozen ranking between different spaces");
        assert_eq!(results["comparisons"], serde_json::json!([]));
    }
}

#[test]
fn without_a_module_there_is_nothing_to_measure() {
    let data = SmallData::new(5, 3);
    data.evaluate(&["--json", &data.text("report.json")]).failed_with(&[
        "5 dimensions",
        "items 3",
        "--module",
    ]);
    data.nothing_was_written();
}

#[test]
fn without_a_module_nothing_is_found_that_could_be_written_beside_other_runs() {
    let data = SmallData::new(5, 3);
    std::fs::write(data.path("other.run"), "q0 Q0 d0 1 0.5 other\n").unwrap();
    let other = ["--run", &data.text("other.run")];
    data.evaluate(&other).succeeded();
    let hits = data.text("hits.run");
    data.evaluate(&[&other[..], &["--write-run", &hits]].concat()).failed_with(&[
        "5 dimensions",
        "--module",
        "write",
    ]);
    data.nothing_was_written();
}

#[test]
fn a_link_is_not_fitted_between_spaces_without_a_module() {
    let data = SmallData::new(5, 3);
    let (folder, qrels, out) = (data.text(""), data.text("qrels.tsv"), data.text("link.json"));
    let own = ["--embeddings", &folder, "--qrels", &qrels, "--out", &out];
    run("calibrate", own).failed_with(&["5 dimensions", "items 3", "--module"]);
}
