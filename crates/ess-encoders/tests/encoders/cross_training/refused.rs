//! What cannot be trained is refused by name.

use ess_encoders::{CrossEncoderTrainer, Error, JudgedTexts, PairLoss, PairTexts, PairTrainingConfig};
use ess_train::{Checkpoints, Judgement, TeacherScore};
use serde_json::json;

use super::{config, items, pairs, queries, trainer};
use crate::folder::{Folder, tiny};

fn not_loaded(folder: &std::path::Path, config: PairTrainingConfig) -> Error {
    CrossEncoderTrainer::new(folder, config).map(drop).unwrap_err()
}

#[test]
fn models_that_are_of_another_kind_or_damaged() {
    let error = not_loaded(&tiny("mpnet"), config());
    assert!(matches!(error, Error::NotTrainable { .. }), "{error}");
    let error = not_loaded(&tiny("router"), config());
    assert!(matches!(error, Error::Config { field: "type", .. }), "{error}");
    let lower =
        Folder::new("bert").edit("sentence_bert_config.json", |text| text["do_lower_case"] = json!(true));
    let error = not_loaded(lower.root(), config());
    assert!(matches!(&error, Error::Setting { name, .. } if name == "do_lower_case"), "{error}");
    let narrow =
        Folder::new("cross-encoder").edit("config.json", |config| config["intermediate_size"] = json!(47));
    let error = not_loaded(narrow.root(), config());
    assert!(matches!(error, Error::TensorShape { .. }), "{error}");
    let adapted = Folder::new("bert").write("adapter_config.json", b"{}");
    assert!(matches!(not_loaded(adapted.root(), config()), Error::Adapter { .. }));
}

#[test]
fn settings_outside_their_range() {
    for (name, settings) in [
        ("batch_size", json!({"batch_size": 0})),
        ("negatives_per_positive", json!({"negatives_per_positive": 0})),
        ("negative_depth", json!({"negative_depth": 0})),
        ("look_depth", json!({"look_depth": 0})),
        ("chunk_tokens", json!({"chunk_tokens": 0})),
        ("learning_rate", json!({"learning_rate": -1.0})),
    ] {
        let settings: PairTrainingConfig = serde_json::from_value(settings).unwrap();
        let error = not_loaded(&tiny("bert"), settings);
        let named =
            matches!(&error, Error::Training(ess_train::Error::Config { name: found, .. }) if *found == name);
        assert!(named, "{name}: {error}");
    }
    for max_tokens in [4, 49] {
        let error =
            not_loaded(&tiny("bert"), PairTrainingConfig { max_tokens: Some(max_tokens), ..config() });
        let range =
            matches!(&error, Error::Core(ess_core::Error::InvalidParameter { name: "max_tokens", .. }));
        assert!(range, "{error}");
    }
    let unknown = serde_json::from_value::<PairTrainingConfig>(json!({"negatives": 3}));
    assert!(unknown.unwrap_err().to_string().contains("negatives"));
}

fn judged(judged: &[(usize, i32)]) -> PairTexts<'static> {
    let judged = judged.iter().map(|&(item, grade)| Judgement { item, grade }).collect();
    PairTexts::new(JudgedTexts::new(vec!["what men"], vec![judged]).unwrap())
}

fn not_fitted(config: PairTrainingConfig, items: &[&str], train: &PairTexts<'_>) -> Error {
    let trainer = trainer(tiny("bert"), config);
    trainer.fit(items, train, &judged(&[(0, 1)])).map(drop).unwrap_err()
}

const THREE: [&str; 3] = ["the cat", "men", "the mat"];

#[test]
fn texts_that_teach_nothing() {
    use ess_train::Error as Training;

    let empty = not_fitted(config(), &["the cat", " "], &judged(&[(0, 1)]));
    assert!(matches!(empty, Error::EmptyText { side: "item", at: 1 }), "{empty}");
    let none = not_fitted(config(), &THREE, &judged(&[(0, 0)]));
    assert!(matches!(none, Error::Training(Training::NoPositive { query: 0 })), "{none}");
    let unknown = not_fitted(config(), &THREE, &judged(&[(3, 1)]));
    assert!(matches!(unknown, Error::Training(Training::UnknownItem { item: 3, items: 3, .. })), "{unknown}");
    let twice = not_fitted(config(), &THREE, &judged(&[(1, 1), (1, 2)]));
    assert!(matches!(twice, Error::Training(Training::DuplicateJudgement { item: 1, .. })), "{twice}");
    let all = not_fitted(config(), &THREE, &judged(&[(0, 1), (1, 1), (2, 1)]));
    assert!(matches!(all, Error::NoNegative { query: 0, .. }), "{all}");
    let candidate = judged(&[(0, 1)]).with_candidates(vec![vec![1, 9]]).unwrap();
    let candidate = not_fitted(config(), &THREE, &candidate);
    assert!(
        matches!(candidate, Error::Core(ess_core::Error::RowOutOfRange { row: 9, len: 3, .. })),
        "{candidate}"
    );
    let lengths = judged(&[(0, 1)]).with_candidates(vec![]).map(drop);
    assert!(matches!(lengths, Err(Error::Core(ess_core::Error::LengthMismatch { .. }))));
}

#[test]
fn a_teacher_that_says_nothing_and_a_rate_that_is_too_high() {
    let teacher = PairTrainingConfig { loss: PairLoss::Teacher, ..config() };
    let without = not_fitted(teacher.clone(), &THREE, &judged(&[(0, 1)]));
    assert!(matches!(without, Error::NoNegative { query: 0, .. }), "{without}");
    for (item, score) in [(0, f32::NAN), (3, 1.0), (1, 1.0)] {
        let scores = vec![TeacherScore { item: 1, score: 0.5 }, TeacherScore { item, score }];
        let texts = judged(&[(0, 1)]).with_teacher(vec![scores]).unwrap();
        let error = not_fitted(teacher.clone(), &THREE, &texts);
        let named = matches!(
            &error,
            Error::Training(ess_train::Error::TeacherScore { query: 0, item: found, .. }) if *found == item
        );
        assert!(named, "{error}");
    }
    let wild = PairTrainingConfig { learning_rate: 1e30, warmup_steps: 0, clip_norm: None, ..config() };
    let diverged = not_fitted(wild, &THREE, &judged(&[(0, 1)]));
    assert!(matches!(diverged, Error::Training(ess_train::Error::Diverged { .. })), "{diverged}");
}

#[test]
fn a_checkpoint_of_another_run_or_a_damaged_one() {
    let (items, queries, folder) = (items(), queries(), tempfile::tempdir().unwrap());
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let fit = |config: PairTrainingConfig, train: PairTexts<'_>| {
        let checkpoints = Checkpoints::new(folder.path(), 1).unwrap();
        let trainer = trainer(tiny("cross-encoder"), config).with_checkpoints(checkpoints);
        trainer.fit(&items, &train, &pairs(&queries, 4..6)).map(drop)
    };
    let short = PairTrainingConfig { max_steps: 1, ..config() };
    fit(short.clone(), pairs(&queries, 0..4)).unwrap();
    let other = fit(PairTrainingConfig { seed: 3, ..short.clone() }, pairs(&queries, 0..4));
    assert!(matches!(other, Err(Error::Training(ess_train::Error::CheckpointOfAnotherRun { .. }))));
    // The same texts, with other candidates.
    let texts = pairs(&queries, 0..4).with_candidates(vec![vec![5]; 4]).unwrap();
    let other = fit(short.clone(), texts);
    assert!(matches!(other, Err(Error::Training(ess_train::Error::CheckpointOfAnotherRun { .. }))));
    let file = folder.path().join("cross-encoder.checkpoint");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let damaged = fit(short, pairs(&queries, 0..4));
    assert!(matches!(damaged, Err(Error::Training(ess_train::Error::CheckpointDamaged { .. }))));
}
