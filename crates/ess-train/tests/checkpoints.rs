//! A run that was interrupted goes on to the same bits.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_search::{Averaging, Mlp, MlpConfig, ModuleState, PersistentModule, TrainableModule};
use ess_train::{
    Checkpoints, Control, Curve, DevSet, EnsembleRecipe, Error, FitReport, GuardDecision, Items, Judgement,
    ModuleRecipe, Observer, ObserverError, Progress, QuerySet, SidesConfig, Stop, Trainer, TrainerConfig,
    TrainingStep,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIM: usize = 6;
const STEPS: usize = 24;

fn noise(n: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * DIM).map(|_| random.random_range(-1.0..1.0)).collect();
    Embeddings::from_vec(values, DIM).unwrap().normalized()
}

struct Task {
    items: Embeddings,
    train: QuerySet,
    dev: QuerySet,
}

impl Task {
    fn new() -> Self {
        let items = noise(80, 1);
        let set = |rows: std::ops::Range<usize>| {
            let query = |row: usize| items.row(row).iter().rev().copied().collect::<Vec<f32>>();
            let queries: Vec<Vec<f32>> = rows.clone().map(query).collect();
            let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
            QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
        };
        let (train, dev) = (set(0..50), set(50..80));
        Self { items, train, dev }
    }
}

/// All that is drawn or remembered from step to step: order of small batches, dropout, mined negatives, moments, schedule.
fn config(seed: u64) -> TrainerConfig {
    let json = r#"{
        "loss": {"kind": "softmax", "candidates": "negatives"},
        "negatives": {"per_query": 6, "depth": 30, "sampling": "random", "refresh_every": 7},
        "learning_rate": 0.01, "schedule": "cosine", "batch_size": 16, "evaluate_every": 4, "patience": 50
    }"#;
    TrainerConfig { max_steps: STEPS, seed, ..serde_json::from_str(json).unwrap() }
}

fn module() -> Mlp {
    let config = MlpConfig { dropout: 0.3, hidden: vec![7, 5], ..MlpConfig::new(DIM, DIM) };
    Mlp::init(&config, &Device::flex()).unwrap()
}

/// Ends a training after a step, as a process that dies or one that is told to stop.
struct EndAt {
    run: usize,
    step: usize,
    dies: bool,
}

impl Observer for EndAt {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        match (step.run, step.step) == (self.run, self.step) {
            true if self.dies => Err("killed".into()),
            true => Ok(Control::Stop),
            false => Ok(Control::Continue),
        }
    }
}

fn trainer(seed: u64, folder: Option<(&Path, usize)>, end: Option<EndAt>) -> Trainer {
    set_up(config(seed), folder, end)
}

fn set_up(config: TrainerConfig, folder: Option<(&Path, usize)>, end: Option<EndAt>) -> Trainer {
    let mut trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    if let Some((folder, every)) = folder {
        trainer = trainer.with_checkpoints(Checkpoints::new(folder, every).unwrap());
    }
    match end {
        Some(end) => trainer.with_observer(Arc::new(end)),
        None => trainer,
    }
}

/// A run, with dev to choose by or without.
fn run(trainer: &Trainer, task: &Task, on_dev: bool) -> Result<(ModuleState, Curve), Error> {
    let items = Items::new(&task.items, &Device::flex());
    let dev = DevSet::new(&task.dev, &items, trainer.config().measure).unwrap();
    let stop = if on_dev { Stop::OnDev(&dev) } else { Stop::After(STEPS) };
    let (module, curve) = trainer.train(module(), &items, &task.train, &stop)?;
    Ok((module.to_state().unwrap(), Curve { seconds: 0.0, ..curve }))
}

#[test]
fn a_run_killed_at_any_step_goes_on_to_the_same_module_bit_for_bit() {
    let task = Task::new();
    for on_dev in [true, false] {
        let whole = run(&trainer(3, None, None), &task, on_dev).unwrap();
        assert_eq!(whole.1.points.len(), STEPS);
        for (at, every) in [(1, 1), (6, 2), (8, 4), (13, 5), (21, 1), (STEPS, 3)] {
            let folder = tempfile::tempdir().unwrap();
            let kept = Some((folder.path(), every));
            let killer = EndAt { run: 0, step: at, dies: true };
            let killed = run(&trainer(3, kept, Some(killer)), &task, on_dev);
            assert!(matches!(killed, Err(Error::Observer(_))), "at {at}");
            let seen = Arc::new(Steps::default());
            let again = trainer(3, kept, None).with_observer(seen.clone());
            assert_eq!(run(&again, &task, on_dev).unwrap(), whole, "killed at {at}, kept every {every}");
            // Only what was not kept is done again.
            let first = (at - 1) / every * every + 1;
            assert_eq!(*seen.0.lock().unwrap(), (first..=STEPS).collect::<Vec<_>>());
        }
    }
}

#[derive(Default)]
struct Steps(Mutex<Vec<usize>>);

impl Observer for Steps {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        self.0.lock().unwrap().push(step.step);
        Ok(Control::Continue)
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_it_had_not_been() {
    let task = Task::new();
    let whole = run(&trainer(3, None, None), &task, true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stopper = EndAt { run: 0, step: 10, dies: false };
    let (_, curve) = run(&trainer(3, Some((folder.path(), 100)), Some(stopper)), &task, true).unwrap();
    assert_eq!((curve.points.len(), curve.points[9].dev.is_some()), (10, true), "measured where it stopped");
    assert_eq!(run(&trainer(3, Some((folder.path(), 100)), None), &task, true).unwrap(), whole);
    // What has ended is not done again.
    let seen = Arc::new(Steps::default());
    let again = trainer(3, Some((folder.path(), 100)), None).with_observer(seen.clone());
    assert_eq!(run(&again, &task, true).unwrap(), whole);
    assert!(seen.0.lock().unwrap().is_empty());
}

/// A fit with all that a dev set is asked for, killed or not.
fn fit(trainer: &Trainer, task: &Task) -> Result<FitReport, Error> {
    let items = Items::new(&task.items, &Device::flex());
    let config = MlpConfig { dropout: 0.3, hidden: vec![7, 5], ..MlpConfig::new(DIM, DIM) };
    Ok(trainer.fit(&ModuleRecipe::<Mlp>::new(config), &items, &task.train, &task.dev)?.report)
}

#[test]
fn the_guard_pays_for_what_was_measured_before_the_kill() {
    let task = Task::new();
    let config = TrainerConfig { learning_rate: 0.1, weight_decay: 0.0, ..config(3) };
    let trainer = |folder, end| set_up(config.clone(), folder, end);
    // The start, six measurements on the way, and the identity: those that differ on enough queries count.
    let whole = fit(&trainer(None, None), &task).unwrap();
    assert!(whole.guard.candidates > Some(3), "{:?}", whole.guard);
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 5));
    assert!(fit(&trainer(kept, Some(EndAt { run: 0, step: 12, dies: true })), &task).is_err());
    // Gone on from step 10; and again when it had ended.
    for _ in 0..2 {
        let again = fit(&trainer(kept, None), &task).unwrap();
        assert_eq!(again.guard, whole.guard);
        assert_eq!(again.curves[0].points, whole.curves[0].points);
    }
}

#[test]
fn a_checkpoint_without_what_was_measured_is_refused_by_its_reason() {
    let task = Task::new();
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 6));
    fit(&trainer(3, kept, None), &task).unwrap();
    let path = folder.path().join("run-0.checkpoint");
    let whole = std::fs::read(&path).unwrap();
    let described = 20 + u64::from_le_bytes(whole[12..20].try_into().unwrap()) as usize;
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut state: serde_json::Value = serde_json::from_slice(&whole[20..described]).unwrap();
        change(&mut state);
        let state = serde_json::to_vec(&state).unwrap();
        let length = (state.len() as u64).to_le_bytes();
        let body = [&whole[..12], &length, &state, &whole[described..whole.len() - 24]].concat();
        let checksum = ess_files::Checksum::of(&body).to_string();
        std::fs::write(&path, [&body, checksum.as_bytes()].concat()).unwrap();
        fit(&trainer(3, kept, None), &task)
    };
    assert!(with(&|_| ()).is_ok());
    // As earlier versions wrote it.
    let found = with(&|state| drop(state.as_object_mut().unwrap().remove("looks").unwrap()));
    let earlier = |reason: &str| reason.contains("earlier version") && reason.contains("remove it");
    assert!(matches!(&found, Err(Error::CheckpointDamaged { reason, .. }) if earlier(reason)), "{found:?}");
    let changes: [fn(&mut Vec<serde_json::Value>); 4] = [
        |looks| drop(looks.pop()),
        |looks| drop(looks[1].as_array_mut().unwrap().pop()),
        |looks| looks[1][0] = f64::NAN.to_bits().into(),
        |looks| looks.swap(0, 5),
    ];
    for change in changes {
        let found = with(&|state| change(state["looks"].as_array_mut().unwrap()));
        let fits = |reason: &str| reason.contains("does not fit its curve");
        assert!(matches!(&found, Err(Error::CheckpointDamaged { reason, .. }) if fits(reason)), "{found:?}");
    }
}

#[test]
fn an_ensemble_that_was_killed_in_its_third_run_does_not_repeat_the_others() {
    let task = Task::new();
    let fit = |trainer: &Trainer| -> Result<(Embeddings, FitReport), Error> {
        let mlp = || ModuleRecipe::<Mlp>::new(MlpConfig::new(DIM, DIM));
        let recipe =
            EnsembleRecipe::new(Averaging::default()).bagged(true).with(mlp()).with(mlp()).with(mlp());
        let items = Items::new(&task.items, &Device::flex());
        let fitted = trainer.fit(&recipe, &items, &task.train, &task.dev)?;
        Ok((fitted.trained.apply(task.dev.encodings()).unwrap(), fitted.report))
    };
    let whole = fit(&trainer(0, None, None)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 5));
    assert!(fit(&trainer(0, kept, Some(EndAt { run: 2, step: 12, dies: true }))).is_err());
    let seen = Arc::new(Steps::default());
    let again = fit(&trainer(0, kept, None).with_observer(seen.clone())).unwrap();
    assert_eq!(seen.0.lock().unwrap()[..2], [11, 12]);
    assert_eq!(again.0, whole.0);
    assert_eq!(again.1.guard, whole.1.guard);
    let points = |report: &FitReport| report.curves.iter().map(|c| c.points.clone()).collect::<Vec<_>>();
    assert_eq!(points(&again.1), points(&whole.1));
}

#[test]
fn torn_and_foreign_checkpoints_are_refused_by_type() {
    let task = Task::new();
    let folder = tempfile::tempdir().unwrap();
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
    for bytes in ess_testing::damage::mutations(&whole, 1, ess_testing::damage::rounds(300)) {
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

/// The module, its runs and the decision.
type SidesOutcome = (ModuleState, Vec<Curve>, GuardDecision);

/// Two sides, each with draws of its own, on dev and again on train and dev together.
fn run_sides(trainer: &Trainer, task: &Task, sides: &str) -> Result<SidesOutcome, Error> {
    let mlp = MlpConfig { dropout: 0.3, hidden: vec![7], ..MlpConfig::new(DIM, DIM) };
    let items = Items::new(&task.items, &Device::flex());
    let sides: SidesConfig = serde_json::from_str(sides).unwrap();
    let fitted = trainer.fit_sides(&sides, &ModuleRecipe::<Mlp>::new(mlp), &items, &task.train, &task.dev)?;
    let FitReport { curves, refit, guard, .. } = fitted.report;
    let curves = curves.into_iter().chain(refit).map(|curve| Curve { seconds: 0.0, ..curve });
    Ok((fitted.trained.to_state().unwrap(), curves.collect(), guard))
}

#[test]
fn two_sides_killed_at_any_step_go_on_to_the_same_bits() {
    let task = Task::new();
    let map = r#""items": {"kind": "map", "module": {"kind": "mlp", "hidden": [5], "dropout": 0.2}}"#;
    let shared = r#""items": {"kind": "shared"}"#;
    for (order, items, runs) in [
        ("item", map, &[(0, 9)][..]),
        ("both", map, &[(0, 6), (0, STEPS), (1, 3)][..]),
        ("both", shared, &[(0, 11)][..]),
        // The second run of both goes on with the moments that the first one kept.
        ("query_then_both", map, &[(0, 9), (0, STEPS), (1, 1), (1, 10), (2, 2)][..]),
    ] {
        let sides = format!(r#"{{"order": "{order}", {items}}}"#);
        // So little confidence that the sides are trained again on train and dev.
        let config = TrainerConfig {
            refit: true,
            confidence: 0.01,
            learning_rate: 0.05,
            weight_decay: 0.0,
            ..config(3)
        };
        let with = |folder: Option<(&Path, usize)>, end| set_up(config.clone(), folder, end);
        let whole = run_sides(&with(None, None), &task, &sides).unwrap();
        for &(run, step) in runs {
            let folder = tempfile::tempdir().unwrap();
            let kept = Some((folder.path(), 4));
            let killed = run_sides(&with(kept, Some(EndAt { run, step, dies: true })), &task, &sides);
            assert!(matches!(killed, Err(Error::Observer(_))), "{sides}: run {run}, step {step}");
            let again = run_sides(&with(kept, None), &task, &sides).unwrap();
            assert_eq!(again, whole, "{sides}: killed in run {run} at {step}");
        }
    }
}

#[test]
fn checkpoints_of_two_sides_that_are_damaged_or_of_others_are_refused() {
    let task = Task::new();
    let sides = |kind: &str| {
        let map = format!(r#"{{"kind": "map", "module": {{"kind": "{kind}"}}}}"#);
        format!(r#"{{"order": "query_then_both", "items": {map}}}"#)
    };
    let folder = tempfile::tempdir().unwrap();
    let trainer = || trainer(3, Some((folder.path(), 5)), None);
    run_sides(&trainer(), &task, &sides("linear")).unwrap();
    let found = run_sides(&trainer(), &task, &sides("diagonal"));
    assert!(matches!(found, Err(Error::CheckpointOfAnotherRun { part, .. }) if part == "module"));
    for run in ["run-0.checkpoint", "run-1.checkpoint"] {
        let path = folder.path().join(run);
        let whole = std::fs::read(&path).unwrap();
        // Cut within the optimisers' states, with the checksum made right again.
        for at in [whole.len() - 40, whole.len() - 400] {
            let mut body = whole[..whole.len() - 24].to_vec();
            body.truncate(at);
            let checksum = ess_files::Checksum::of(&body).to_string();
            std::fs::write(&path, [&body, checksum.as_bytes()].concat()).unwrap();
            let found = run_sides(&trainer(), &task, &sides("linear"));
            assert!(matches!(found, Err(Error::CheckpointDamaged { .. })), "{run} cut to {at}");
        }
        std::fs::write(&path, whole).unwrap();
    }
    assert!(run_sides(&trainer(), &task, &sides("linear")).is_ok());
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

/// What stands behind the checksum refuses what does not fit, and nothing panics or runs on with another number of steps.
#[test]
fn damage_with_the_checksum_made_right_again_is_an_error_or_a_run_of_as_many_steps() {
    let task = Task::new();
    let folder = tempfile::tempdir().unwrap();
    let kept = Some((folder.path(), 6));
    let killer = EndAt { run: 0, step: 21, dies: true };
    assert!(run(&trainer(3, kept, Some(killer)), &task, true).is_err());
    let path = folder.path().join("run-0.checkpoint");
    let whole = std::fs::read(&path).unwrap();
    let body = &whole[..whole.len() - 24];
    // The numbers and the optimiser's state are most of the file; its description has half of the rounds to itself.
    let described = 20 + u64::from_le_bytes(body[12..20].try_into().unwrap()) as usize;
    let rounds = ess_testing::damage::rounds(150);
    let of_all = ess_testing::damage::mutations(body, 1, rounds);
    let of_description = ess_testing::damage::mutations(&body[20..described], 2, rounds).map(|state| {
        let length = (state.len() as u64).to_le_bytes();
        [&body[..12], &length, &state, &body[described..]].concat()
    });
    let mut ran = 0;
    for body in of_all.chain(of_description) {
        let checksum = ess_files::Checksum::of(&body).to_string();
        std::fs::write(&path, [&body, checksum.as_bytes()].concat()).unwrap();
        if let Ok((_, curve)) = run(&trainer(3, kept, None), &task, true) {
            assert!(curve.points.len() <= STEPS);
            ran += 1;
        }
    }
    assert!(ran < rounds, "{ran} of {} went on", 2 * rounds);
}
