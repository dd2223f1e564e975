//! The same folder again, after settings or texts changed.

use ess_data::read_run;
use ess_encoders::CrossEncoder;
use serde_json::json;

use crate::program::read_json;

use super::{ALL, Folder, ITEMS, model, scores_by};

#[test]
fn changed_settings_and_texts_make_steps_run_again_that_depend_on_them() {
    let folder = Folder::new();
    folder.run("out", ALL).succeeded();
    let before = folder.bits("out");
    folder.settings(|settings| settings["augmented"]["learning_rate"] = json!(0.02));
    folder.run("out", ALL).succeeded();
    assert_eq!(folder.ran()[0], ["augmented"]);
    assert!(folder.bits("out") != before);
    // A threshold is a setting of two steps; what was scored stays as it is for the third.
    folder.settings(|settings| settings["irrelevant_to"] = json!(0.000_1));
    folder.run("out", ALL).succeeded();
    assert_eq!(folder.ran()[0], ["denoised", "augmented"]);
    folder.settings(|_| {});
    folder.run("out", ALL).succeeded();
    assert!(folder.bits("out") == before);
    // Items are an input of every step.
    let path = folder.at("corpus.jsonl");
    let text =
        std::fs::read_to_string(&path).unwrap().replacen("the cat on the mat", "the cat reduces the mat", 1);
    std::fs::write(&path, text).unwrap();
    folder.run("out", ALL).succeeded();
    assert_eq!(folder.ran()[0].join(","), ALL);
}

#[test]
fn what_is_mined_depends_on_the_length_of_texts_even_where_the_encoder_stays_the_same() {
    let folder = Folder::new();
    let run = |max_tokens: Option<usize>| {
        folder.settings(|settings| {
            // Dev shows no gain, so the guard keeps the encoder of before.
            settings["two_towers"]["learning_rate"] = json!(1e-12);
            settings["two_towers"]["max_tokens"] = json!(max_tokens);
            settings["unguarded"] = json!(false);
        });
        folder.run("out", "two-towers,mined").succeeded();
        let weights = ["query", "item"].map(|tower| format!("out/two-towers/{tower}/model.safetensors"));
        let hits = std::fs::read(folder.at("out/mined/hits.run")).unwrap();
        (weights.map(|name| std::fs::read(folder.at(&name)).unwrap()), hits)
    };
    let (encoder, hits) = run(None);
    let (same, other_hits) = run(Some(5));
    assert!(same == encoder && other_hits != hits);
    assert_eq!(folder.ran()[0], ["two-towers", "mined"]);
}

#[test]
fn encoders_of_other_towers_are_gone_once_a_step_runs_again() {
    let folder = Folder::new();
    folder.run("out", "two-towers,mined,denoised").succeeded();
    let is_there = |name: &str| folder.at("out/denoised").join(name).exists();
    assert!(is_there("query/model.safetensors") && is_there("item/model.safetensors"));
    std::fs::write(folder.at("out/denoised/notes.txt"), "a user's").unwrap();

    folder.settings(|settings| settings["denoised"]["towers"] = json!("shared"));
    folder.run("out", "denoised").succeeded();
    assert!(is_there("model.safetensors") && !is_there("query") && !is_there("item"));
    let record = read_json(&folder.at("out/denoised/step.json"));
    let outputs = record["found"]["outputs"].as_object().unwrap();
    assert!(outputs.keys().all(|name| !name.starts_with("query/") && !name.starts_with("item/")), "{record}");

    folder.settings(|_| {});
    folder.run("out", "denoised").succeeded();
    assert!(
        is_there("query/model.safetensors") && !is_there("model.safetensors") && !is_there("modules.json")
    );
    assert!(is_there("notes.txt"));
}

#[test]
fn pairs_are_cut_for_scores_as_in_the_cross_encoder_s_training() {
    const TOKENS: usize = 8;
    let folder = Folder::new();
    folder.run("out", ALL).succeeded();
    let before = read_run(folder.at("out/denoised/scores.run")).unwrap();
    folder.settings(|settings| settings["cross_encoder"]["max_tokens"] = json!(TOKENS));
    folder.run("out", ALL).succeeded();
    assert_eq!(folder.ran()[0], ["denoised", "augmented", "distilled"]);
    let cut = CrossEncoder::load(model("cross-encoder")).unwrap().with_max_tokens(TOKENS).unwrap();
    let after = read_run(folder.at("out/denoised/scores.run")).unwrap();
    assert_ne!(after, before);
    for query in after.queries() {
        let expected = scores_by(&cut, query[1..].parse().unwrap());
        for (item, expected) in (0..ITEMS).zip(expected) {
            let found = after.score(query, &format!("d{item}")).unwrap();
            assert!((found - expected).abs() < 1e-5, "{query} d{item}: {found}, expected {expected}");
        }
    }
}
