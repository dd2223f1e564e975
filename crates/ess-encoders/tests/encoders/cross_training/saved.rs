//! The folders of trained cross-encoders: what is in them.

use std::path::Path;

use ess_encoders::{CrossEncoder, CrossEncoderTrainer, Error, TrainedCrossEncoder};
use ess_files::FolderLock;
use ess_train::Returned;
use serde_json::{Value, json};

use super::{config, items, pairs, queries, trainer};
use crate::folder::{Folder, tiny};

fn fitted(trainer: &CrossEncoderTrainer) -> TrainedCrossEncoder<'_> {
    let (items, queries) = (items(), queries());
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    trainer.fit(&items, &pairs(&queries, 0..4), &pairs(&queries, 4..6)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<String> = tensors.names().into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    names
}

fn json_of(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap()
}

#[test]
fn an_encoder_becomes_a_sequence_classification_model_of_one_label() {
    let (bert, out) = (trainer(tiny("bert"), config()), tempfile::tempdir().unwrap());
    // What an encoder before it left there, and what a user did.
    for file in ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"] {
        std::fs::copy(tiny("bert").join(file), out.path().join(file)).unwrap();
    }
    std::fs::write(out.path().join("README.md"), "mine").unwrap();
    fitted(&bert).save(out.path()).unwrap();
    // The names of the library's own model.
    assert_eq!(names(out.path()), names(&tiny("cross-encoder")));
    let config = json_of(out.path(), "config.json");
    let label = (json!(["BertForSequenceClassification"]), json!({"0": "LABEL_0"}), json!({"LABEL_0": 0}));
    let found = (&config["architectures"], &config["id2label"], &config["label2id"]);
    assert_eq!(found, (&label.0, &label.1, &label.2));
    assert_eq!(config["hidden_size"], json_of(&tiny("bert"), "config.json")["hidden_size"]);
    assert!(!out.path().join("modules.json").exists() && !out.path().join("1_Pooling").exists());
    assert_eq!(std::fs::read_to_string(out.path().join("README.md")).unwrap(), "mine");
    CrossEncoder::load(out.path()).unwrap();
}

#[test]
fn a_new_head_is_beside_the_layers_that_the_model_had() {
    for (model, class, head) in [
        (
            "distilbert",
            "DistilBertForSequenceClassification",
            &["classifier.bias", "classifier.weight", "pre_classifier.bias", "pre_classifier.weight"][..],
        ),
        (
            "xlm-roberta",
            "XLMRobertaForSequenceClassification",
            &[
                "classifier.dense.bias",
                "classifier.dense.weight",
                "classifier.out_proj.bias",
                "classifier.out_proj.weight",
            ],
        ),
    ] {
        let (trainer, out) = (trainer(tiny(model), config()), tempfile::tempdir().unwrap());
        fitted(&trainer).save(out.path()).unwrap();
        assert_eq!(json_of(out.path(), "config.json")["architectures"], json!([class]));
        let names = names(out.path());
        let (own, others): (Vec<&String>, Vec<&String>) =
            names.iter().partition(|name| name.contains("classifier"));
        assert_eq!(own, head, "{model}");
        let prefix = if model == "distilbert" { "distilbert." } else { "roberta." };
        assert!(others.iter().all(|name| name.starts_with(prefix)), "{others:?}");
    }
}

#[test]
fn a_cross_encoder_keeps_its_settings_and_what_the_guard_returns_is_saved() {
    let (cross, out) = (trainer(tiny("cross-encoder"), config()), tempfile::tempdir().unwrap());
    let trained = fitted(&cross);
    // What an encoder before it left there would be read as its own.
    for file in ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"] {
        std::fs::copy(tiny("bert").join(file), out.path().join(file)).unwrap();
    }
    trained.save(out.path()).unwrap();
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert_eq!(read(out.path()), read(&tiny("cross-encoder")), "{file}");
    }
    let scores =
        |folder: &Path| CrossEncoder::load(folder).unwrap().scores("what men", &["the cat"]).unwrap();
    // Two dev queries show nothing.
    assert_eq!(trained.report().guard.as_ref().unwrap().returned, Returned::Identity);
    assert_eq!(scores(out.path()), scores(&tiny("cross-encoder")));
    trained.save_trained(out.path()).unwrap();
    assert_ne!(scores(out.path()), scores(&tiny("cross-encoder")));
}

#[test]
fn a_model_may_be_trained_in_its_own_folder_and_a_folder_that_another_writes_is_refused() {
    let own = Folder::new("bert");
    let trainer = trainer(own.root().to_owned(), config());
    let trained = fitted(&trainer);
    let expected = trained.pair_scores(&[("what men", "the cat")]).unwrap();
    trained.save(own.root()).unwrap();
    let found = CrossEncoder::load(own.root()).unwrap().scores("what men", &["the cat"]).unwrap();
    assert!((found[0] - expected[0]).abs() < 1e-5);
    let out = tempfile::tempdir().unwrap();
    let mut lock = FolderLock::acquire(out.path()).unwrap();
    let busy = trained.save(out.path());
    assert!(matches!(busy, Err(Error::Files(ess_files::Error::Busy { .. }))));
    trained.save_in(&mut lock).unwrap();
}

#[test]
fn a_cross_encoder_that_is_half_replaced_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let trainer = trainer(tiny("bert"), config());
    let trained = fitted(&trainer);
    trained.save(out.path()).unwrap();
    let weights = out.path().join("model.safetensors");
    std::fs::remove_file(&weights).unwrap();
    std::fs::create_dir(&weights).unwrap();
    assert!(matches!(trained.save(out.path()), Err(Error::Files(_))));
    assert!(!out.path().join("config.json").exists() && CrossEncoder::load(out.path()).is_err());
    std::fs::remove_dir(&weights).unwrap();
    trained.save(out.path()).unwrap();
    CrossEncoder::load(out.path()).unwrap();
}
