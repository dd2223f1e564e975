//! Gradients of a step: against PyTorch (golden/make_cross_training.py) and against small steps.

use std::{collections::BTreeMap, path::Path};

use ess_train::{Judgement, TeacherScore};
use serde::Deserialize;

use super::*;
use crate::{cross_encoder::training::config::PairLoss, training::texts::JudgedTexts};

#[derive(Deserialize)]
struct Golden {
    query: String,
    items: Vec<String>,
    teacher: Vec<f32>,
    losses: BTreeMap<String, Step>,
}

#[derive(Deserialize)]
struct Step {
    loss: f64,
    /// Of each tensor the norm, and the first entry, the one at a third, and the last.
    gradients: BTreeMap<String, [f64; 4]>,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(folder().join("cross_training.json")).unwrap()).unwrap()
}

/// Calls this with a run on the one query of the golden file, and its list.
fn with_run(loss: PairLoss, look: impl FnOnce(&Run<'_>, &[List])) {
    let Golden { query, items, teacher, .. } = golden();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let config = PairTrainingConfig { loss, ..PairTrainingConfig::default() };
    let parts = CrossParts::read(&folder().join("tiny/cross-encoder"), None, 0).unwrap();
    let queries = JudgedTexts::new(vec![&query], vec![vec![Judgement { item: 0, grade: 1 }]]).unwrap();
    let scores = teacher.iter().enumerate().map(|(item, &score)| TeacherScore { item, score }).collect();
    let texts = PairTexts::new(queries).with_teacher(vec![scores]).unwrap();
    let known = KnownLists::new(&config, &items, &texts).unwrap();
    let looker = Looker::new(&parts, &config, &items, &texts).unwrap();
    let lists = [List { query: 0, items: (0..items.len()).collect(), relevant: 1, teacher }];
    let (config, parts, items, train, dev) = (&config, &parts, &items, &texts, &texts);
    look(&Run { config, parts, items, train, dev, known, looker }, &lists);
}

#[test]
fn loss_and_gradients_are_those_of_pytorch() {
    let losses =
        [(PairLoss::Binary, "binary"), (PairLoss::Listwise, "listwise"), (PairLoss::Teacher, "teacher")];
    for (loss, name) in losses {
        let expected = &golden().losses[name];
        with_run(loss, |run, lists| {
            let (value, _, gradients) = run.gradients(&run.parts.values, lists).unwrap();
            assert!((value - expected.loss).abs() < 1e-5, "{name}: {value}, expected {}", expected.loss);
            assert_eq!(run.parts.layout.tensors.len(), expected.gradients.len());
            for tensor in &run.parts.layout.tensors {
                let own = &gradients[tensor.range.clone()];
                let norm = own.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
                let entries = [0, own.len() / 3, own.len() - 1].map(|at| f64::from(own[at]));
                let expected = &expected.gradients[&tensor.name];
                for (found, expected) in [norm].into_iter().chain(entries).zip(expected) {
                    assert!((found - expected).abs() < 1e-4, "{name}, {}: {found}, {expected}", tensor.name);
                }
            }
        });
    }
}

#[test]
fn gradients_are_those_of_small_steps() {
    with_run(PairLoss::Listwise, |run, lists| {
        let (_, _, gradients) = run.gradients(&run.parts.values, lists).unwrap();
        let layout = &run.parts.layout;
        let head = &run.parts.head;
        let places = [
            layout.types.start + 5,
            layout.norm.weight.start + 1,
            layout.blocks[0].up.bias.start + 2,
            head.dense.weight.start + 40,
            head.dense.bias.start + 3,
            head.score.weight.start + 7,
        ];
        for at in places {
            let moved = |by: f32| {
                let mut values = run.parts.values.clone();
                values[at] += by;
                run.gradients(&values, lists).unwrap().0
            };
            let step = 1.0 / 256.0;
            let expected = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            let tolerance = 0.02 * expected.abs().max(0.02);
            let found = f64::from(gradients[at]);
            assert!((found - expected).abs() < tolerance, "{at}: {found} and {expected}");
        }
    });
}
