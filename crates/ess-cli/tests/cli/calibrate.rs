//! `calibrate` on SciFact: probabilities that say what they mean, as a link, a diagram and figures.

use ess_core::Link;
use ess_data::read_link;

use crate::{
    program::{read_json, run, scifact},
    small_data::SmallData,
};

#[test]
fn links_of_scifact_are_calibrated_on_queries_that_they_have_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = |name: &str| scifact().join(name).to_str().unwrap().to_owned();
    for (method, test) in [("platt", true), ("isotonic", false)] {
        let (link, json) = (text(&format!("{method}.json")), text(&format!("{method}.figures.json")));
        let mut arguments =
            vec!["--embeddings".to_owned(), data("minilm"), "--qrels".to_owned(), data("qrels/train.tsv")];
        arguments.extend(["--method", method, "--out", &link, "--json", &json].map(str::to_owned));
        if test {
            arguments.extend(["--test".to_owned(), data("qrels/test.tsv")]);
        }
        let said = run("calibrate", &arguments).succeeded();
        assert!(said.stdout.contains("Platt") && said.stdout.contains("ECE"), "{}", said.stdout);

        let results = read_json(json.as_ref());
        assert_eq!(results["pairs"], 8090);
        assert_eq!(results["measured_pairs"], if test { 3000 } else { 8090 });
        let error = |at: usize| results["links"][at]["expected_calibration_error"].as_f64().unwrap();
        assert!(error(0) > 0.3, "the plain sigmoid gives every pair more than one half: {}", error(0));
        assert!((1..4).all(|at| error(at) < 0.04), "{results}");

        let fitted = read_link(&link).unwrap();
        assert!(fitted.probability(0.8) > 0.3 && fitted.probability(0.2) < 0.1, "{fitted:?}");
        let svg = std::fs::read_to_string(text(&format!("{method}.svg"))).unwrap();
        assert!(svg.contains("perfect") && svg.contains("plain sigmoid"));
    }
}

#[test]
fn judgements_and_settings_that_fit_nothing_are_refused() {
    let data = SmallData::new(6, 6);
    let calibrate = |more: &[&str]| {
        let own = [
            "--embeddings",
            &data.text(""),
            "--qrels",
            &data.text("qrels.tsv"),
            "--out",
            &data.text("link.json"),
        ];
        run("calibrate", own.iter().chain(more))
    };
    calibrate(&["--hits", "0"]).failed_with(&["--hits", "at least 1"]);
    calibrate(&["--folds", "1"]).failed_with(&["folds", "at least 2"]);
    calibrate(&["--module", &data.text("nothing")]).failed_with(&["nothing", "folder of a searching module"]);
    assert!(!data.path("link.json").exists());
}
