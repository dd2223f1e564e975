//! Cross-encoders trained on pairs, from a small folder to a folder.

mod refused;
mod saved;

use std::path::PathBuf;

use ess_encoders::{
    CrossEncoder, CrossEncoderTrainer, JudgedTexts, PairCut, PairLoss, PairTexts, PairTrainingConfig,
};
use ess_train::{Checkpoints, Control, Judgement, Progress, TeacherScore};

use crate::folder::tiny;

const WORDS: [&str; 6] = ["cat", "mat", "risk", "heart", "attack", "men"];

/// Items about one word each; the queries ask for them in other words.
fn items() -> Vec<String> {
    WORDS.iter().map(|word| format!("the {word} sat on the deep mat in heart")).collect()
}

fn queries() -> Vec<String> {
    WORDS.iter().map(|word| format!("what reduces {word}?")).collect()
}

/// Queries of these rows, each with its item as the relevant one and all items as candidates, the relevant one last.
fn pairs(queries: &[String], rows: std::ops::Range<usize>) -> PairTexts<'_> {
    let texts = queries[rows.clone()].iter().map(String::as_str).collect();
    let relevant = rows.clone().map(|item| vec![Judgement { item, grade: 1 }]).collect();
    let others = |row: usize| (0..WORDS.len()).filter(move |&item| item != row).chain([row]).collect();
    PairTexts::new(JudgedTexts::new(texts, relevant).unwrap())
        .with_candidates(rows.map(others).collect())
        .unwrap()
}

fn config() -> PairTrainingConfig {
    PairTrainingConfig {
        learning_rate: 3e-3,
        warmup_steps: 2,
        batch_size: 4,
        max_steps: 8,
        evaluate_every: 4,
        ..PairTrainingConfig::default()
    }
}

fn trainer(model: PathBuf, config: PairTrainingConfig) -> CrossEncoderTrainer {
    CrossEncoderTrainer::new(model, config).unwrap().with_progress(Progress::Silent)
}

/// The losses of all steps and the bytes of the weights that come out.
fn trained(trainer: &CrossEncoderTrainer) -> (Vec<f64>, Vec<u8>) {
    let (items, queries, out) = (items(), queries(), tempfile::tempdir().unwrap());
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let trained = trainer.fit(&items, &pairs(&queries, 0..6), &pairs(&queries, 0..6)).unwrap();
    trained.save_trained(out.path()).unwrap();
    let weights = std::fs::read(out.path().join("model.safetensors")).unwrap();
    (trained.report().points.iter().map(|point| point.loss).collect(), weights)
}

/// Trained on few texts for long, the relevant item comes first for each query, by the folder that is saved.
fn learns(model: &str, loss: PairLoss) {
    let config = PairTrainingConfig {
        loss,
        negatives_per_positive: 5,
        batch_size: 6,
        max_steps: 150,
        evaluate_every: 10,
        patience: 15,
        ..config()
    };
    let (items, queries, out) = (items(), queries(), tempfile::tempdir().unwrap());
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let trainer = trainer(tiny(model), config);
    // A teacher that likes the relevant item.
    let scores = |row: usize| {
        let score = |item: usize| TeacherScore { item, score: if item == row { 4.0 } else { -4.0 } };
        (0..items.len()).map(score).collect()
    };
    let train = pairs(&queries, 0..6).with_teacher((0..6).map(scores).collect()).unwrap();
    let trained = trainer.fit(&items, &train, &pairs(&queries, 0..6)).unwrap();
    let report = trained.report();
    let losses: Vec<f64> = report.points.iter().map(|point| point.loss).collect();
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    assert!(last < 0.7 * first, "{model}, {loss:?}: {losses:?}");
    let dev = report.first_pass.unwrap();
    assert!(report.dev > 0.9 && dev < 0.5, "{model}, {loss:?}: {} after {dev}", report.dev);
    // Once for each look, and once for the cross-encoder as it was: what was best is not read again.
    let looks = report.points.iter().filter(|point| point.dev.is_some()).count();
    assert_eq!(report.read_pairs, (looks + usize::from(report.guard.is_some())) * report.looked_at_pairs);
    if let Some(guard) = &report.guard {
        assert!((guard.trained - report.dev).abs() < 1e-12, "{} and {}", guard.trained, report.dev);
    }
    assert_eq!(report.new_head, report.guard.is_none());
    trained.save_trained(out.path()).unwrap();
    let encoder = CrossEncoder::load(out.path()).unwrap();
    let right = |&row: &usize| {
        let scores = encoder.scores(&queries[row], &items).unwrap();
        scores.iter().enumerate().all(|(item, &score)| item == row || score < scores[row])
    };
    let right = (0..6).filter(right).count();
    assert!(right >= 5, "{model}, {loss:?}: {right} of 6");
}

#[test]
fn pairs_by_themselves_teach_a_cross_encoder() {
    learns("cross-encoder", PairLoss::Binary);
}

#[test]
fn lists_make_a_cross_encoder_of_an_encoder() {
    learns("bert", PairLoss::Listwise);
}

#[test]
fn a_teacher_s_scores_are_learned() {
    learns("cross-encoder", PairLoss::Teacher);
}

#[test]
fn the_saved_folder_scores_as_the_trained_network() {
    let whole = ["cross-encoder", "bert", "distilbert", "roberta", "xlm-roberta"].map(|model| (model, None));
    for (model, max_tokens) in whole.into_iter().chain([("cross-encoder", Some(12))]) {
        let (items, queries, out) = (items(), queries(), tempfile::tempdir().unwrap());
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let trainer = trainer(tiny(model), PairTrainingConfig { max_tokens, ..config() });
        let trained = trainer.fit(&items, &pairs(&queries, 0..4), &pairs(&queries, 4..6)).unwrap();
        trained.save_trained(out.path()).unwrap();
        let long = "deep risk of the heart ".repeat(20);
        let mut texts: Vec<(&str, &str)> = items.iter().map(|&item| (queries[0].as_str(), item)).collect();
        texts.push((&queries[1], &long));
        let expected = trained.pair_scores(&texts).unwrap();
        let mut saved = CrossEncoder::load(out.path()).unwrap();
        if let Some(tokens) = max_tokens {
            // The folder does not say it.
            saved = saved.with_max_tokens(tokens).unwrap();
        }
        let found = saved.pair_scores_cut(&texts, PairCut::Item).unwrap();
        let furthest =
            found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max);
        assert!(furthest < 1e-5, "{model}: {furthest}");
    }
}

#[test]
fn a_seed_repeats_in_any_number_of_threads_and_another_is_another() {
    let own = || trainer(tiny("bert"), config());
    let whole = trained(&own());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(pool.install(|| trained(&own())), whole);
    assert_ne!(trained(&trainer(tiny("bert"), PairTrainingConfig { seed: 1, ..config() })).1, whole.1);
}

#[test]
fn a_step_does_not_depend_on_what_is_kept() {
    let few = PairTrainingConfig { max_steps: 3, ..config() };
    let whole = trained(&trainer(tiny("cross-encoder"), few.clone()));
    for kept_tokens in [0, 60] {
        let other = PairTrainingConfig { kept_tokens, ..few.clone() };
        assert_eq!(trained(&trainer(tiny("cross-encoder"), other)), whole, "{kept_tokens}");
    }
    let in_chunks = trained(&trainer(tiny("cross-encoder"), PairTrainingConfig { chunk_tokens: 1, ..few }));
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-3;
    assert!(whole.0.iter().zip(&in_chunks.0).all(near), "{:?} and {:?}", whole.0, in_chunks.0);
}

#[test]
fn an_interrupted_training_ends_with_the_same_bits() {
    let own = || trainer(tiny("cross-encoder"), config());
    let whole = trained(&own());
    let checkpoints = tempfile::tempdir().unwrap();
    let at = || Checkpoints::new(checkpoints.path(), 3).unwrap();
    let stopped = own().with_checkpoints(at()).with_observer(|point| match point.step {
        5 => Control::Stop,
        _ => Control::Continue,
    });
    assert_eq!(trained(&stopped).0.len(), 5);
    assert!(checkpoints.path().join("cross-encoder.checkpoint").exists());
    assert_eq!(trained(&own().with_checkpoints(at())), whole);
}
