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
    let no_model = ["--cross-encoder-from", "no-such-model"];
    run("train-rocketqa", folder.arguments("out", &no_model))
        .failed_with(&["--cross-encoder-from no-such-model"]);
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
    folder.judge_all();
    folder.run("out", ALL).failed_with(&["step `augmented`", "without judgements"]);
    // What is no file of judgements might be that of a test.
    std::fs::write(folder.at("qrels/notes.md"), "nothing of the kind").unwrap();
    folder.run("out", "two-towers").failed_with(&["notes.md"]);
    std::fs::remove_file(folder.at("qrels/notes.md")).unwrap();
    let test = std::fs::read(folder.at("test.tsv")).unwrap();
    std::fs::copy(folder.at("train.tsv"), folder.at("test.tsv")).unwrap();
    folder.run("out", "two-towers").failed_with(&["--test", "test.tsv", "8 of its queries", "\"q0\""]);
    std::fs::write(folder.at("test.tsv"), test).unwrap();
    std::fs::write(folder.at("corpus.jsonl"), r#"{"_id": "d0", "title": "", "text": "men"}"#).unwrap();
    folder.run("out", "two-towers").failed_with(&["unknown item id"]);
    assert!(!folder.at("out").exists() && !folder.at("report.json").exists());
}
