//! Encoders trained on texts, from a small folder to a folder.

mod encoded;
mod given;
mod golden;
mod saved;

use std::path::{Path, PathBuf};

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{EncoderTrainer, Error, JudgedTexts, SentenceEncoder, TextTrainingConfig, Towers};
use ess_train::{Checkpoints, Control, Judgement, LossConfig, MarginMse, Progress, Triplet};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

const WORDS: [&str; 8] = ["cat", "mat", "risk", "heart", "attack", "men", "sat", "reduces"];

/// Items of two words each; a query is the two words the other way round.
fn texts() -> (Vec<String>, Vec<String>) {
    let pairs: Vec<(usize, usize)> =
        (0..8).flat_map(|a| (0..8).map(move |b| (a, b))).filter(|(a, b)| a != b).collect();
    let item = |&(a, b): &(usize, usize)| format!("the {} on the {}", WORDS[a], WORDS[b]);
    let query = |&(a, b): &(usize, usize)| format!("{} {} what", WORDS[b], WORDS[a]);
    (pairs.iter().map(item).collect(), pairs.iter().map(query).collect())
}

fn judged(queries: &[String], rows: std::ops::Range<usize>) -> JudgedTexts<'_> {
    let texts = queries[rows.clone()].iter().map(String::as_str).collect();
    JudgedTexts::new(texts, rows.map(|item| vec![Judgement { item, grade: 1 }]).collect()).unwrap()
}

fn config() -> TextTrainingConfig {
    TextTrainingConfig {
        learning_rate: 3e-3,
        warmup_steps: 2,
        batch_size: 12,
        max_steps: 8,
        evaluate_every: 4,
        ..TextTrainingConfig::default()
    }
}

fn trainer(config: TextTrainingConfig) -> EncoderTrainer {
    EncoderTrainer::new(folder("bert"), config).unwrap().with_progress(Progress::Silent)
}

/// The losses of all steps and the bytes of the weights that come out.
fn trained(trainer: &EncoderTrainer) -> (Vec<f64>, Vec<Vec<u8>>) {
    let (items, queries) = texts();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let out = tempfile::tempdir().unwrap();
    let trained = trainer.fit(&items, &judged(&queries, 0..40), &judged(&queries, 40..56)).unwrap();
    let folders = trained.save_trained(out.path().join("out")).unwrap();
    let weights =
        folders.iter().map(|folder| std::fs::read(folder.join("model.safetensors")).unwrap()).collect();
    (trained.report().points.iter().map(|point| point.loss).collect(), weights)
}

fn numbers(weights: &[u8]) -> Vec<f32> {
    let tensors = safetensors::SafeTensors::deserialize(weights).unwrap();
    let mut names = tensors.names();
    names.sort_unstable();
    let of = |name: &str| tensors.tensor(name).unwrap().data().to_vec();
    let bytes: Vec<u8> = names.into_iter().flat_map(of).collect();
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

#[test]
fn a_step_does_not_depend_on_chunks_or_on_what_is_kept() {
    let few = TextTrainingConfig { max_steps: 3, ..config() };
    let (losses, weights) = trained(&trainer(few.clone()));
    for kept_tokens in [0, 60] {
        let other = trained(&trainer(TextTrainingConfig { kept_tokens, ..few.clone() }));
        assert_eq!((&losses, &weights), (&other.0, &other.1), "{kept_tokens}");
    }
    let (other, in_chunks) = trained(&trainer(TextTrainingConfig { chunk_tokens: 1, ..few }));
    assert!(losses.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-4), "{losses:?} and {other:?}");
    let (a, b) = (numbers(&weights[0]), numbers(&in_chunks[0]));
    // AdamW's first steps are of the learning rate whatever the gradient, so where one is rounding its sign is too.
    let apart = a.iter().zip(&b).filter(|(a, b)| (**a - **b).abs() > 1e-4).count();
    assert!(apart * 100 < a.len(), "{apart} of {}", a.len());
}

#[test]
fn training_learns_and_a_seed_repeats_in_any_number_of_threads() {
    let (losses, weights) = trained(&trainer(config()));
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&losses[6..]) < 0.8 * mean(&losses[..2]), "{losses:?}");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(pool.install(|| trained(&trainer(config()))), (losses, weights.clone()));
    assert_ne!(trained(&trainer(TextTrainingConfig { seed: 1, ..config() })).1, weights);
}

#[test]
fn an_interrupted_training_ends_with_the_same_bits() {
    let whole = trained(&trainer(config()));
    let checkpoints = tempfile::tempdir().unwrap();
    let at = || Checkpoints::new(checkpoints.path(), 3).unwrap();
    let stopped = trainer(config()).with_checkpoints(at()).with_observer(|point| match point.step {
        5 => Control::Stop,
        _ => Control::Continue,
    });
    assert_eq!(trained(&stopped).0.len(), 5);
    assert_eq!(trained(&trainer(config()).with_checkpoints(at())), whole);
    let (items, queries) = texts();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let fit = |config| {
        let trainer = trainer(config).with_checkpoints(at());
        trainer.fit(&items, &judged(&queries, 0..40), &judged(&queries, 40..56)).map(drop)
    };
    let other = fit(TextTrainingConfig { seed: 3, ..config() });
    assert!(matches!(other, Err(Error::Training(ess_train::Error::CheckpointOfAnotherRun { .. }))));
    let file = checkpoints.path().join("encoder.checkpoint");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(matches!(fit(config()), Err(Error::Training(ess_train::Error::CheckpointDamaged { .. }))));
}

#[test]
fn towers_are_one_two_or_that_of_queries() {
    let of = |towers| trained(&trainer(TextTrainingConfig { towers, ..config() }));
    let ((shared_losses, shared), (two_losses, two), (query_losses, query)) =
        (of(Towers::Shared), of(Towers::Two), of(Towers::Query));
    assert_eq!((shared.len(), two.len(), query.len()), (1, 2, 1));
    let weights: Vec<&Vec<u8>> = shared.iter().chain(&two).chain(&query).collect();
    for (at, one) in weights.iter().enumerate() {
        assert!(weights[..at].iter().all(|other| other != one), "weights {at} are those of others");
    }
    // Two towers begin as one, and go apart with the first step that changes them.
    let differ = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() > 1e-5);
    let told = format!("{shared_losses:?}, {two_losses:?}, {query_losses:?}");
    assert!((two_losses[0] - shared_losses[0]).abs() < 1e-5, "{told}");
    assert!(differ(&two_losses[2..], &shared_losses[2..]), "{told}");
    // The encoder of queries alone is compared with all items, not with those of its batch.
    assert!(differ(&query_losses, &shared_losses) && differ(&query_losses, &two_losses), "{told}");
    assert!(query_losses[7] < query_losses[0], "{told}");
    let loss = LossConfig::of(Triplet::default());
    let (losses, by_triplets) =
        trained(&trainer(TextTrainingConfig { towers: Towers::Query, loss, ..config() }));
    assert!(losses.iter().all(|loss| loss.is_finite()) && by_triplets != query);
}

#[test]
fn a_saved_folder_is_an_encoder_with_the_other_files_as_they_were() {
    let (items, queries) = texts();
    let texts: Vec<&str> = items.iter().map(String::as_str).collect();
    let out = tempfile::tempdir().unwrap();
    let trainer = trainer(config());
    let trained = trainer.fit(&texts, &judged(&queries, 0..40), &judged(&queries, 40..56)).unwrap();
    let [saved] = &trained.save_trained(out.path().join("trained")).unwrap()[..] else {
        panic!("one folder")
    };
    for file in ["modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json"] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert_eq!(read(saved), read(&folder("bert")), "{file}");
    }
    let before = SentenceEncoder::load(folder("bert")).unwrap().encode_items(&texts).unwrap();
    let encoder = SentenceEncoder::load(saved).unwrap();
    assert_ne!(encoder.encode_items(&texts).unwrap(), before);
    // What the guard returns: with sixteen dev queries of little change, most likely the encoder as it was.
    let returned = trained.save(out.path().join("returned")).unwrap();
    let returned = SentenceEncoder::load(&returned[0]).unwrap().encode_items(&texts).unwrap();
    let expected = match trained.report().guard.returned {
        ess_train::Returned::Identity => before,
        ess_train::Returned::Trained => encoder.encode_items(&texts).unwrap(),
    };
    assert_eq!(returned, expected);
    assert_eq!(encoder.encode_queries(&["the cat"]).unwrap().len(), 1);
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let mpnet = EncoderTrainer::new(folder("mpnet"), config()).map(drop);
    assert!(matches!(mpnet, Err(Error::NotTrainable { .. })), "{mpnet:?}");
    let bad = EncoderTrainer::new(folder("bert"), TextTrainingConfig { batch_size: 0, ..config() }).map(drop);
    assert!(matches!(bad, Err(Error::Training(ess_train::Error::Config { name: "batch_size", .. }))));
    let relevant = |item| vec![Judgement { item, grade: 1 }];
    let empty = JudgedTexts::new(vec!["a", "\t"], vec![relevant(0), relevant(0)]);
    assert!(matches!(empty, Err(Error::EmptyText { side: "query", at: 1 })));
    let fit = |config: TextTrainingConfig, items: &[&str], judged: Vec<Judgement>| {
        let train = JudgedTexts::new(vec!["the cat"], vec![judged]).unwrap();
        let dev = JudgedTexts::new(vec!["men"], vec![relevant(0)]).unwrap();
        match trainer(config).fit(items, &train, &dev).map(drop) {
            Err(error) => error,
            Ok(()) => panic!("trained"),
        }
    };
    let two = ["the cat sat", "men"];
    assert!(matches!(
        fit(config(), &["the cat", " "], relevant(0)),
        Error::EmptyText { side: "item", at: 1 }
    ));
    assert!(matches!(
        fit(config(), &two, vec![]),
        Error::Training(ess_train::Error::NoPositive { query: 0 })
    ));
    let unknown = fit(config(), &two, relevant(2));
    assert!(matches!(unknown, Error::Training(ess_train::Error::UnknownItem { item: 2, .. })), "{unknown}");
    let teacher = TextTrainingConfig { loss: LossConfig::of(MarginMse::default()), ..config() };
    assert!(matches!(fit(teacher, &two, relevant(0)), Error::Training(ess_train::Error::Missing { .. })));
    let wild = TextTrainingConfig { learning_rate: 1e30, warmup_steps: 0, clip_norm: None, ..config() };
    let diverged = fit(wild, &two, relevant(0));
    assert!(matches!(diverged, Error::Training(ess_train::Error::Diverged { .. })), "{diverged}");
}
