//! What is refused, before any work.

use serde_json::json;

use crate::program::run;

use super::{ALL, Folder, model};

#[test]
fn a_step_without_what_it_reads_is_refused_by_name() {
    let folder = Folder::new();
    folder.run("out", "denoised").failed_with(&[
        "step `denoised`",
        "`mined`",
        "`two-towers`",
        "has not been run",
    ]);
    folder.run("out", "two-towers,denoised").failed_with(&["step `denoised`", "`mined`", "--steps"]);
    assert!(!folder.at("out/two-towers").exists());
    folder.run("out", "two-towers,mined").succeeded();
    folder.run("out", "distilled").failed_with(&["step `distilled`", "`denoised`", "has not been run"]);
    let without = folder.arguments("out", &["--steps", "denoised"]);
    run("train-rocketqa", without).failed_with(&["step `denoised`", "`cross-encoder`", "has not been run"]);
    // Made by other settings, of other texts, or not what was written.
    folder.settings(|settings| settings["two_towers"]["max_steps"] = json!(3));
    folder.run("out", "denoised").failed_with(&["step `denoised`", "`two-towers`", "other settings"]);
    folder.run("out", "two-towers,denoised").failed_with(&[
        "step `denoised`",
        "`mined`",
        "what is to be made",
    ]);
    folder.settings(|_| {});
    std::fs::write(folder.at("out/mined/hits.run"), "q0 Q0 d1 1 2.0 other\n").unwrap();
    folder.run("out", "denoised").failed_with(&["step `denoised`", "`mined`", "hits.run"]);
    folder.run("out", "mined,denoised").succeeded();
    std::fs::write(folder.at("out/mined/step.json"), "{}").unwrap();
    folder.run("out", "distilled").failed_with(&["step `distilled`", "`mined`", "damaged"]);
}

#[test]
fn wrong_settings_and_steps_are_refused_before_the_work() {
    let folder = Folder::new();
    folder.run("out", "denoise").failed_with(&["--steps", "denoise", "two-towers"]);
    folder.run("out", "two-towers,cross-encoder").failed_with(&["`cross-encoder`", "--cross-encoder-from"]);
    let cross = model("cross-encoder");
    let both = ["--cross-encoder", cross.to_str().unwrap(), "--cross-encoder-from", cross.to_str().unwrap()];
    run("train-rocketqa", folder.arguments("out", &both)).failed_with(&["--cross-encoder-from"]);
    for (name, value, words) in [
        ("depht", json!(5), "depht"),
        ("depth", json!(0), "depth"),
        ("irrelevant_to", json!(0.999_999), "irrelevant_to"),
        ("denoised", json!({"max_step": 1}), "max_step"),
        ("augmented", json!({"batch_size": 0}), "augmented"),
    ] {
        folder.settings(|settings| settings[name] = value.clone());
        folder.run("out", ALL).failed_with(&[words]);
    }
    folder.settings(|_| {});
    // Every query is judged by a file of the folder.
    std::fs::create_dir(folder.at("qrels")).unwrap();
    let judged: String = (0..12).map(|query| format!("q{query}\td{query}\t1\n")).collect();
    std::fs::write(folder.at("qrels/all.tsv"), "query-id\tcorpus-id\tscore\n".to_owned() + &judged).unwrap();
    folder.run("out", ALL).failed_with(&["step `augmented`", "without judgements"]);
    std::fs::write(folder.at("corpus.jsonl"), r#"{"_id": "d0", "title": "", "text": "men"}"#).unwrap();
    folder.run("out", "two-towers").failed_with(&["unknown item id"]);
    assert!(!folder.at("out").exists() && !folder.at("report.json").exists());
}
