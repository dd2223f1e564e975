//! Runs that were killed or stopped go on to the same bits.

use std::sync::{Arc, Mutex};

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{Averaging, Mlp, MlpConfig};
use ess_train::{
    Control, EnsembleRecipe, Error, FitReport, Items, ModuleRecipe, Observer, ObserverError, Trainer,
    TrainingStep,
};

use crate::checkpoints::{DIM, EndAt, STEPS, Task, run, trainer};

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
