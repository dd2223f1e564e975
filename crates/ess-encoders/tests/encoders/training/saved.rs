//! The folders of trained encoders: what is in them, and what a death in the middle leaves.

use std::path::Path;

use ess_core::{Embeddings, ItemEncoder};
use ess_encoders::{EncoderTrainer, Error, SentenceEncoder, TextTrainingConfig, Towers, TrainedEncoder};
use ess_files::FolderLock;
use ess_train::Progress;

use crate::training::{config, folder, judged, texts, trainer};

/// A training of two steps.
fn short(seed: u64, towers: Towers) -> EncoderTrainer {
    trainer(TextTrainingConfig { max_steps: 2, seed, towers, ..config() })
}

fn fitted(trainer: &EncoderTrainer) -> TrainedEncoder<'_> {
    let (items, queries) = texts();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    trainer.fit(&items, &judged(&queries, 0..40), &judged(&queries, 40..56)).unwrap()
}

fn loads(folder: &Path) -> bool {
    SentenceEncoder::load(folder).is_ok()
}

fn vectors(folder: &Path) -> Embeddings {
    SentenceEncoder::load(folder).unwrap().encode_items(&["the cat sat", "men"]).unwrap()
}

/// Does something with a folder in the place of a file, where a save ends as it would where the process dies.
fn with_a_folder_at<T>(file: &Path, work: impl FnOnce() -> T) -> T {
    let kept = file.with_extension("kept");
    std::fs::rename(file, &kept).unwrap();
    std::fs::create_dir(file).unwrap();
    let done = work();
    std::fs::remove_dir(file).unwrap();
    std::fs::rename(&kept, file).unwrap();
    done
}

/// A copy of a folder with its folders.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).unwrap()),
        }
    }
}

#[test]
fn an_encoder_that_is_half_replaced_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let trainers = [0, 1].map(|seed| short(seed, Towers::Shared));
    let [first, second] = [0, 1].map(|at| fitted(&trainers[at]));
    second.save_trained(&out).unwrap();
    let expected = vectors(&out);
    for file in
        ["config.json", "modules.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"]
    {
        first.save_trained(&out).unwrap();
        let failed = with_a_folder_at(&out.join(file), || second.save_trained(&out));
        assert!(matches!(failed, Err(Error::Files(_))), "{file}");
        // What it is loaded by goes first: where that cannot go, all is as it was.
        assert_eq!(loads(&out), file == "config.json", "{file}");
        assert!(file != "config.json" || vectors(&out) != expected);
        second.save_trained(&out).unwrap();
        assert_eq!(vectors(&out), expected, "{file}");
    }
}

#[test]
fn two_towers_are_those_of_one_training_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let trainers = [0, 1].map(|seed| short(seed, Towers::Two));
    let [first, second] = [0, 1].map(|at| fitted(&trainers[at]));
    let towers = ["query", "item"].map(|tower| out.join(tower));
    let both = || towers.each_ref().map(|tower| vectors(tower));
    second.save_trained(&out).unwrap();
    let expected = both();
    for file in ["query/model.safetensors", "item/config.json", "item/model.safetensors", "item/modules.json"]
    {
        first.save_trained(&out).unwrap();
        let failed = with_a_folder_at(&out.join(file), || second.save_trained(&out));
        assert!(matches!(failed, Err(Error::Files(_))), "{file}");
        assert!(!towers.iter().all(|tower| loads(tower)), "{file}");
        second.save_trained(&out).unwrap();
        assert_eq!(both(), expected, "{file}");
    }
}

#[test]
fn what_a_user_put_beside_an_encoder_stays_and_what_stands_beside_the_model_does_not_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    copy(&super::folder("bert"), &at("model"));
    std::fs::create_dir_all(at("model/notes")).unwrap();
    for name in ["README.md", "LICENSE", "training.json", "notes/config.json"] {
        std::fs::write(at("model").join(name), "the model's").unwrap();
    }
    std::fs::create_dir(at("out")).unwrap();
    for name in ["README.md", "training.json"] {
        std::fs::write(at("out").join(name), "mine").unwrap();
    }
    let config = TextTrainingConfig { max_steps: 1, ..config() };
    let trainer = EncoderTrainer::new(at("model"), config).unwrap().with_progress(Progress::Silent);
    fitted(&trainer).save_trained(at("out")).unwrap();
    for name in ["README.md", "training.json"] {
        assert_eq!(std::fs::read_to_string(at("out").join(name)).unwrap(), "mine", "{name}");
    }
    assert!(!at("out/LICENSE").exists() && !at("out/notes").exists());
    for name in [
        "modules.json",
        "config.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "1_Pooling/config.json",
        "2_Normalize/config.json",
    ] {
        let read = |folder: &str| std::fs::read(at(folder).join(name)).unwrap();
        assert_eq!(read("out"), read("model"), "{name}");
    }
}

#[test]
fn a_model_may_be_trained_in_its_own_folder() {
    let own = tempfile::tempdir().unwrap();
    copy(&folder("bert"), own.path());
    let before = vectors(own.path());
    let config = TextTrainingConfig { max_steps: 2, ..config() };
    let trainer = EncoderTrainer::new(own.path(), config).unwrap().with_progress(Progress::Silent);
    let trained = fitted(&trainer);
    let elsewhere = tempfile::tempdir().unwrap();
    trained.save_trained(elsewhere.path()).unwrap();
    trained.save_trained(own.path()).unwrap();
    assert_eq!(vectors(own.path()), vectors(elsewhere.path()));
    assert_ne!(vectors(own.path()), before);
}

#[test]
fn a_folder_that_another_writes_is_refused_and_one_that_the_caller_keeps_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let trainer = short(0, Towers::Two);
    let trained = fitted(&trainer);
    let mut lock = FolderLock::acquire(&out).unwrap();
    let busy = |saved: Result<_, Error>| matches!(saved, Err(Error::Files(ess_files::Error::Busy { .. })));
    assert!(busy(trained.save(&out)) && busy(trained.save_trained(&out)));
    let item = FolderLock::acquire(&out.join("item")).unwrap();
    assert!(busy(trained.save_in(&mut lock)));
    assert!(!out.join("query").exists());
    drop(item);
    assert_eq!(trained.save_in(&mut lock).unwrap(), [out.join("query"), out.join("item")]);
    assert_eq!(trained.save_trained_in(&mut lock).unwrap().len(), 2);
}
