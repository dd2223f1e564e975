//! Settings that make no sense are refused before work, with their name and what would have been accepted.

use crate::{
    program::{read_json, run},
    small_data::SmallData,
};

#[track_caller]
fn refused(more: &[&str], needles: &[&str]) {
    let data = SmallData::new(4, 4);
    data.train(more).failed_with(needles);
    data.nothing_was_written();
}

#[test]
fn shares_of_dev_that_leave_nothing_on_one_side() {
    for share in ["0", "1", "1.5", "NaN"] {
        refused(&["--dev-share", share], &["development", "more than 0 and less than 1", share]);
    }
    refused(&["--dev-share=-0.2"], &["more than 0 and less than 1", "-0.2"]);
    refused(&["--dev-share", "half"], &["--dev-share", "half"]);
}

#[test]
fn a_share_of_dev_beside_dev_itself() {
    let data = SmallData::new(4, 4);
    data.train(&["--dev", &data.text("qrels.tsv"), "--dev-share", "0.3"])
        .failed_with(&["--dev-share", "--dev"]);
    data.nothing_was_written();
}

#[test]
fn numbers_outside_their_range() {
    refused(&["--max-steps", "0"], &["max_steps", "at least 1", "found 0"]);
    refused(&["--batch-size", "0"], &["batch_size", "at least 1", "found 0"]);
    refused(&["--learning-rate", "0"], &["learning_rate", "above 0"]);
    refused(&["--learning-rate", "-1"], &["learning_rate", "above 0", "found -1"]);
    refused(&["--seed", "-1"], &["--seed", "-1", "invalid"]);
    refused(&["--learning-rate", "inf"], &["learning_rate", "finite", "inf"]);
    refused(&["--weight-decay=-1"], &["weight_decay", "at least 0", "-1"]);
    refused(&["--scale", "0"], &["scale", "found 0"]);
    refused(&["--seed=-1"], &["--seed", "-1"]);
}

#[test]
fn names_that_are_not_known() {
    refused(&["--module", "telepathy"], &["--module", "telepathy", "linear", "mlp", "ensemble"]);
    refused(&["--loss", "hinge"], &["--loss", "hinge", "softmax", "triplet"]);
    refused(&["--loss", "triplet", "--gain", "linear"], &["--gain", "gain", "margin"]);
    refused(&["--side", "item", "--items", "telepathy"], &["telepathy", "linear"]);
    refused(&["--side", "item", "--items", "shared"], &["order of training", "both"]);
    refused(&["--loss", "margin-mse"], &["teacher"]);
}

#[test]
fn settings_files_that_are_missing_malformed_or_misspelt() {
    let data = SmallData::new(4, 4);
    let config = data.text("settings.json");
    let refused = |needles: &[&str]| {
        data.train(&["--config", &config]).failed_with(needles);
        data.nothing_was_written();
    };
    refused(&["settings.json", "no such file"]);
    for (text, cause) in [
        (r#"{"learning_rat": 0.01}"#, "learning_rat"),
        (r#"{"loss": {"kind": "softmax", "scael": 20}}"#, "scael"),
        (r#"{"loss": {"kind": "hinge"}}"#, "hinge"),
        (r#"{"measure": "ndcg@zero"}"#, "zero"),
        (r#"{"seed": "#, "EOF"),
        (r#"{"module": {"kind": "mpl"}}"#, "mpl"),
        (r#"{"module": {"kind": "linear", "bais": false}}"#, "bais"),
        (r#"{"module": {"kind": "linear"}, "seed": 1}"#, "seed"),
    ] {
        std::fs::write(&config, text).unwrap();
        refused(&["settings.json", cause]);
    }
    std::fs::write(&config, r#"{"confidence": 2.0}"#).unwrap();
    refused(&["confidence", "between 0 and 1", "found 2"]);
    std::fs::write(&config, r#"{"module": {"kind": "mlp", "hidden": [0]}}"#).unwrap();
    refused(&["hidden", "between 1 and", "found 0"]);
    std::fs::write(&config, r#"{"module": {"kind": "linear", "query_dim": 5}}"#).unwrap();
    refused(&["expected dimension 5", "found 4"]);
}

#[test]
fn settings_that_begin_with_a_byte_order_mark_are_read() {
    let data = SmallData::new(4, 4);
    let config = data.text("settings.json");
    std::fs::write(&config, "\u{feff}{\"seed\": 3}").unwrap();
    data.train(&["--config", &config]).succeeded();
    let settings = read_json(&data.path("module").join("config.json"));
    assert_eq!(settings["trainer"]["seed"], 3);
}

#[test]
fn other_programs_refuse_arguments_that_do_not_parse() {
    run("train", ["surplus"]).failed_with(&["surplus"]);
    run("trian", [""; 0]).failed_with(&["trian", "train"]);
    let data = SmallData::new(4, 4);
    data.evaluate(&["--seed", "first", "--json", &data.text("report.json")])
        .failed_with(&["--seed", "first"]);
    data.nothing_was_written();
}
