//! Checkpoints that are damaged, of others, or cannot be kept.

use std::sync::{Arc, Mutex};

use burn::tensor::Device;
use ess_search::{Mlp, MlpConfig, TrainableModule};
use ess_testing::Scratch;
use ess_train::{
    Checkpoints, Control, DevSet, Error, Items, Observer, ObserverError, Stop, Trainer, TrainingStep,
};

use crate::checkpoints::{DIM, EndAt, STEPS, Task, config, module, noise, run, trainer};

#[test]
fn torn_and_foreign_checkpoints_are_refused_by_type() {
    let task = Task::new();
    let folder = Scratch::new();
    let kept = Some((folder.path(), 6));
    run(&trainer(3, kept, None), &task, true).unwrap();
    let path = folder.path().join("run-0.checkpoint");
    let whole = std::fs::read(&path).unwrap();
    let found = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        run(&trainer(3, kept, None), &task, true)
    };
    let damaged = |found: &Result<_, Error>| matches!(found, Err(Error::CheckpointDamaged { path: named, .. }) if *named == path);
    for length in [0, 1, 8, 12, 19, 20, 43, 44, 500, whole.len() / 2, whole.len() - 1] {
        assert!(damaged(&found(&whole[..length])), "cut to {length}");
    }
    // Many more are refused by the format's own test.
    for bytes in ess_testing::damage::mutations(&whole, 1, 500) {
        assert!(bytes == whole || damaged(&found(&bytes)));
    }
    assert!(damaged(&found(b"something else altogether, and long enough to hold a checksum")));
    assert!(found(&whole).is_ok());

    // Other settings, start, queries, dev or items.
    let refused = |trainer: &Trainer, task: &Task, on_dev: bool, expected: &str| {
        let found = run(trainer, task, on_dev);
        assert!(
            matches!(&found, Err(Error::CheckpointOfAnotherRun { part, .. }) if part == expected),
            "{expected}: {found:?}"
        );
    };
    refused(&trainer(4, kept, None), &task, true, "settings");
    refused(&trainer(3, kept, None), &task, false, "dev queries");
    let other = Task { train: task.train.select(&(1..50).collect::<Vec<_>>()).unwrap(), ..Task::new() };
    refused(&trainer(3, kept, None), &other, true, "training queries");
    let other = Task { train: task.train.with_encodings(noise(50, 9)).unwrap(), ..Task::new() };
    refused(&trainer(3, kept, None), &other, true, "training queries");
    let other = Task { dev: task.dev.with_encodings(noise(30, 9)).unwrap(), ..Task::new() };
    refused(&trainer(3, kept, None), &other, true, "dev queries");
    let other = Task { items: noise(80, 2), ..Task::new() };
    refused(&trainer(3, kept, None), &other, true, "items");
    let other = MlpConfig { seed: 1, dropout: 0.3, hidden: vec![7, 5], ..MlpConfig::new(DIM, DIM) };
    let items = Items::new(&task.items, &Device::flex());
    let dev = DevSet::new(&task.dev, &items, config(3).measure).unwrap();
    let other = Mlp::init(&other, &Device::flex()).unwrap();
    let found = trainer(3, kept, None).train(other, &items, &task.train, &Stop::OnDev(&dev)).map(|_| ());
    assert!(matches!(found, Err(Error::CheckpointOfAnotherRun { part, .. }) if part == "module"));
}

#[test]
fn checkpoints_that_cannot_be_kept_are_refused_before_any_work() {
    assert!(matches!(Checkpoints::new("x", 0), Err(Error::Config { .. })));
    let task = Task::new();
    let folder = tempfile::tempdir().unwrap();
    // A folder that is a file.
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let trainer = trainer(0, Some((&file, 1)), None);
    assert!(matches!(run(&trainer, &task, true), Err(Error::Files(_))));
}

/// What stands behind the checksum refuses what does not fit, and nothing panics or goes on from another step. What is read is
/// not trained on: an observer ends the run at its next step.
#[test]
fn damage_with_the_checksum_made_right_again_is_an_error_or_a_run_that_goes_on() {
    let task = Task::new();
    let folder = Scratch::new();
    let kept = Some((folder.path(), 6));
    let at = |step: usize| Some(EndAt { run: 0, step, dies: true });
    assert!(run(&trainer(3, kept, at(21)), &task, true).is_err());
    let path = folder.path().join("run-0.checkpoint");
    let whole = std::fs::read(&path).unwrap();
    let body = &whole[..whole.len() - 24];
    // The numbers and the optimiser's state are most of the file; its description has half of the rounds to itself.
    let described = 20 + u64::from_le_bytes(body[12..20].try_into().unwrap()) as usize;
    let rounds = ess_testing::damage::rounds_or(2500, 500_000);
    let of_all = ess_testing::damage::mutations(body, 1, rounds);
    let of_description = ess_testing::damage::mutations(&body[20..described], 2, rounds).map(|state| {
        let length = (state.len() as u64).to_le_bytes();
        [&body[..12], &length, &state, &body[described..]].concat()
    });
    let items = Items::new(&task.items, &Device::flex());
    let dev = DevSet::new(&task.dev, &items, config(3).measure).unwrap();
    let mut went_on = 0;
    for body in of_all.chain(of_description) {
        let checksum = ess_files::Checksum::of(&body).to_string();
        std::fs::write(&path, [&body, checksum.as_bytes()].concat()).unwrap();
        let next = Arc::new(Next(Mutex::default()));
        let trainer = trainer(3, kept, None).with_observer(Arc::clone(&next) as Arc<dyn Observer>);
        let found = trainer.train(module(), &items, &task.train, &Stop::OnDev(&dev));
        let step = *next.0.lock().unwrap();
        match found {
            // Its description says that it had ended.
            Ok((_, curve)) => assert!(curve.points.len() <= STEPS && step.is_none()),
            Err(Error::Observer(_)) => assert!(step.is_some_and(|step| (1..=STEPS).contains(&step))),
            Err(_) => assert!(step.is_none()),
        }
        went_on += usize::from(step.is_some());
    }
    println!("{went_on} of {} went on", 2 * rounds);
    assert!(went_on > 0 && went_on < rounds, "{went_on} of {} went on", 2 * rounds);
}

/// Ends a run at its first step, and has the step's number.
struct Next(Mutex<Option<usize>>);

impl Observer for Next {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        *self.0.lock().unwrap() = Some(step.step);
        Err("looked at".into())
    }
}
