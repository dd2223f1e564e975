//! Losses beside softmax and trained items: what `train` writes, `evaluate` understands.

use crate::{program::read_json, small_data::SmallData};

/// Trains, and measures what was saved.
fn measured(data: &SmallData, flags: &[&str]) -> serde_json::Value {
    data.train(flags).succeeded();
    let (module, json) = (data.text("module"), data.text("report.json"));
    data.evaluate(&["--module", &module, "--json", &json]).succeeded();
    read_json(&data.path("report.json"))
}

#[test]
fn every_side_that_is_trained_is_measured() {
    let data = SmallData::new(4, 4);
    for flags in [
        &["--side", "item"][..],
        &["--side", "item", "--items", "linear"],
        &["--side", "both", "--items", "shared"],
        &["--side", "query-then-both", "--items", "linear"],
        &["--side", "query-then-both", "--items", "offsets", "--refit"],
    ] {
        let results = measured(&data, flags);
        assert!(results["systems"]["module"]["ndcg@10"]["mean"].is_f64(), "{flags:?}");
        let config = read_json(&data.path("module").join("config.json"));
        assert!(config["sides"]["items"]["kind"].is_string(), "{config}");
        // What a run saved is a run.
        let again = data.path("module").join("config.json");
        data.train(&["--config", again.to_str().unwrap()]).succeeded();
    }
}

#[test]
fn a_teacher_and_mined_negatives_are_read_and_reported() {
    let data = SmallData::new(4, 4);
    let lines: Vec<String> = (0..24)
        .flat_map(|q| [(q, 1, 9.5), (q + 1, 2, 3.5)].map(|(d, r, s)| format!("q{q} Q0 d{d} {r} {s} t\n")))
        .collect();
    std::fs::write(data.path("teacher.run"), lines.concat()).unwrap();
    let teacher = data.text("teacher.run");
    for loss in ["margin-mse", "listwise-kl"] {
        measured(&data, &["--loss", loss, "--teacher", &teacher]);
    }
    let flags = ["--candidates", "negatives", "--teacher", &teacher, "--negatives-teacher-margin", "2"];
    measured(&data, &[&flags[..], &["--negatives-relative-margin", "0.05", "--recovery", "0.1"]].concat());
    let report = read_json(&data.path("module").join("training.json"));
    assert!(report["curves"][0]["mining"][0]["taken"].is_u64(), "{report}");
    std::fs::write(data.path("teacher.run"), "q0 Q0 nowhere 1 2.0 t\n").unwrap();
    data.train(&["--loss", "margin-mse", "--teacher", &teacher]).failed_with(&["teacher.run", "nowhere"]);
}
