//! What observers see, and what they can do.

use std::sync::{Arc, Mutex};

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{Averaging, Linear, LinearConfig, ModuleState, PersistentModule, TrainableModule};
use ess_train::{
    Control, DevSet, EnsembleRecipe, Error, Items, Judgement, ModuleRecipe, Observer, ObserverError,
    Progress, QuerySet, Schedule, SidesConfig, Stop, Trainer, TrainerConfig, TrainingStep,
};

/// Items on a circle; a query's relevant item is a quarter turn ahead.
fn circle() -> (Embeddings, QuerySet, QuerySet) {
    let point = |angle: f32| [angle.cos(), angle.sin()];
    let items: Vec<_> = (0..40).map(|i| point(i as f32 * 0.15)).collect();
    let set = |rows: std::ops::Range<usize>| {
        let queries: Vec<_> = rows.clone().map(|i| point(i as f32 * 0.15 - 1.57)).collect();
        let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
        QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
    };
    (Embeddings::from_rows(&items).unwrap(), set(0..25), set(25..40))
}

fn config() -> TrainerConfig {
    TrainerConfig {
        learning_rate: 0.02,
        weight_decay: 0.0,
        max_steps: 12,
        evaluate_every: 5,
        patience: 99,
        ..TrainerConfig::default()
    }
}

fn linear() -> Linear {
    Linear::init(&LinearConfig::new(2, 2), &Device::flex()).unwrap()
}

/// Writes down what it sees; ends at these steps.
#[derive(Default)]
struct Log {
    seen: Mutex<Vec<String>>,
    rates: Mutex<Vec<f64>>,
    modules: Mutex<Vec<ModuleState>>,
    end_at_step: Option<usize>,
    end_at_evaluation: Option<usize>,
}

impl Log {
    fn control(at: Option<usize>, step: usize) -> Control {
        if at == Some(step) { Control::Stop } else { Control::Continue }
    }
}

impl Observer for Log {
    fn on_step(&self, step: &TrainingStep<'_>) -> Result<Control, ObserverError> {
        self.seen.lock().unwrap().push(format!("{}: {} of {}", step.run, step.step, step.steps));
        self.rates.lock().unwrap().push(step.learning_rate);
        self.modules.lock().unwrap().push(step.module()?);
        Ok(Self::control(self.end_at_step, step.step))
    }

    fn on_evaluation(&self, step: &TrainingStep<'_>, dev: f64) -> Result<Control, ObserverError> {
        assert!((0.0..=1.0).contains(&dev) && step.loss.is_finite());
        self.seen.lock().unwrap().push(format!("{}: dev at {}", step.run, step.step));
        Ok(Self::control(self.end_at_evaluation, step.step))
    }
}

/// What a run of the circle does before this observer, as the points that have a dev measure, and the kept module.
fn watched(log: &Arc<Log>, config: TrainerConfig, on_dev: bool) -> (usize, Vec<usize>, ModuleState) {
    let (items, train, dev) = circle();
    let items = Items::new(&items, &Device::flex());
    let dev = DevSet::new(&dev, &items, config.measure).unwrap();
    let trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent).with_observer(log.clone());
    let stop = if on_dev { Stop::OnDev(&dev) } else { Stop::After(12) };
    let (module, curve) = trainer.train(linear(), &items, &train, &stop).unwrap();
    let measured = curve.points.iter().filter(|point| point.dev.is_some()).map(|point| point.step);
    (curve.points.len(), measured.collect(), module.to_state().unwrap())
}

#[test]
fn every_step_and_every_measurement_is_shown_in_order() {
    let log = Arc::new(Log::default());
    let (steps, measured, _) = watched(&log, config(), true);
    assert_eq!((steps, measured), (12, vec![5, 10, 12]));
    let seen = log.seen.lock().unwrap();
    assert_eq!(seen.len(), 15);
    assert_eq!(
        seen[..6],
        ["0: 1 of 12", "0: 2 of 12", "0: 3 of 12", "0: 4 of 12", "0: 5 of 12", "0: dev at 5"]
    );
    assert_eq!(seen[13..], ["0: 12 of 12", "0: dev at 12"]);
}

#[test]
fn the_module_of_a_step_is_the_one_that_the_step_made() {
    let log = Arc::new(Log::default());
    let (_, _, last) = watched(&log, config(), false);
    let modules = log.modules.lock().unwrap();
    assert_eq!(modules[11], last);
    assert!(modules.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn an_observer_ends_a_run_at_a_step_or_a_measurement() {
    let log = Arc::new(Log { end_at_step: Some(7), ..Log::default() });
    let (steps, measured, _) = watched(&log, config(), true);
    assert_eq!((steps, measured), (7, vec![5, 7]), "where a run ends it is measured");
    let (steps, _, module) = watched(&log, config(), false);
    assert_eq!(steps, 7);
    assert_eq!(log.modules.lock().unwrap().last(), Some(&module));

    let log = Arc::new(Log { end_at_evaluation: Some(5), ..Log::default() });
    assert_eq!(watched(&log, config(), true).0, 5);
}

#[test]
fn schedules_set_the_rate_of_each_step() {
    let rates = |schedule| {
        let log = Arc::new(Log::default());
        watched(&log, TrainerConfig { schedule, warmup_steps: 3, ..config() }, false);
        let rates = log.rates.lock().unwrap().clone();
        rates.iter().map(|rate| (rate / 0.02 * 1e6).round() / 1e6).collect::<Vec<f64>>()
    };
    let constant = rates(Schedule::Constant);
    assert_eq!(constant, [vec![0.25, 0.5, 0.75], vec![1.0; 9]].concat());
    let linear = rates(Schedule::Linear);
    assert_eq!(linear[..4], constant[..4]);
    assert_eq!((linear[4], linear[11]), (0.888_889, 0.111_111));
    let cosine = rates(Schedule::Cosine);
    assert_eq!((cosine[3], cosine[6], cosine[9]), (1.0, 0.75, 0.25));
}

#[test]
fn a_schedule_changes_what_is_learned_and_the_default_is_none() {
    let learned = |config| watched(&Arc::default(), config, false).2;
    let constant = learned(config());
    assert_eq!(learned(TrainerConfig { schedule: Schedule::Constant, ..config() }), constant);
    let linear = learned(TrainerConfig { schedule: Schedule::Linear, ..config() });
    let cosine = learned(TrainerConfig { schedule: Schedule::Cosine, ..config() });
    assert!(linear != constant && cosine != constant && linear != cosine);
    let known: TrainerConfig = serde_json::from_str(r#"{"schedule": "cosine"}"#).unwrap();
    assert_eq!(known.schedule, Schedule::Cosine);
    assert!(serde_json::from_str::<TrainerConfig>(r#"{"schedule": "cosin"}"#).is_err());
}

#[test]
fn runs_of_an_ensemble_and_of_two_sides_are_numbered_and_end_each_for_itself() {
    let (items, train, dev) = circle();
    let items = Items::new(&items, &Device::flex());
    let recipe = || ModuleRecipe::<Linear>::new(LinearConfig::new(2, 2));
    let log = Arc::new(Log { end_at_step: Some(2), ..Log::default() });
    let trainer = Trainer::new(config()).unwrap().with_progress(Progress::Silent).with_observer(log.clone());
    let two = EnsembleRecipe::new(Averaging::default()).bagged(true).with(recipe()).with(recipe());
    trainer.fit(&two, &items, &train, &dev).unwrap();
    let sides: SidesConfig =
        serde_json::from_str(r#"{"order": "both", "items": {"kind": "map", "module": {"kind": "linear"}}}"#)
            .unwrap();
    let fitted = trainer.fit_sides(&sides, &recipe(), &items, &train, &dev).unwrap();
    assert_eq!(fitted.report.curves[0].points.len(), 2);
    let seen = log.seen.lock().unwrap();
    let steps: Vec<&str> = seen.iter().filter(|line| line.contains("of")).map(|line| &**line).collect();
    assert_eq!(steps, ["0: 1 of 12", "0: 2 of 12", "1: 1 of 12", "1: 2 of 12", "2: 1 of 12", "2: 2 of 12"]);
}

/// Fails at once.
struct Failing;

impl Observer for Failing {
    fn on_evaluation(&self, _: &TrainingStep<'_>, _: f64) -> Result<Control, ObserverError> {
        Err("no room for the log".into())
    }
}

#[test]
fn an_observer_that_fails_ends_the_training_with_its_error() {
    let (items, train, dev) = circle();
    let items = Items::new(&items, &Device::flex());
    let trainer =
        Trainer::new(config()).unwrap().with_progress(Progress::Silent).with_observer(Arc::new(Failing));
    let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(2, 2));
    let error = trainer.fit(&recipe, &items, &train, &dev).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Observer(_)) && error.to_string().contains("no room for the log"));
}
