//! The steps of a training, from the start or a checkpoint to the end.

use std::sync::Arc;

use ess_metrics::NamedMeasure;
use ess_train::{Control, CurvePoint, Progress};

use super::{checkpoint::CheckpointFile, course::Course, state::State};
use crate::error::Error;

/// What a caller does after each step.
pub(crate) type StepObserver = Arc<dyn Fn(&CurvePoint) -> Control + Send + Sync>;

/// What is trained.
pub(crate) trait Trains {
    /// Takes one step, from 1, and returns the loss before it.
    fn step(&self, state: &mut State, step: usize) -> Result<f64, Error>;

    /// The measure of each dev query with the towers as they are after this step.
    fn look(&self, towers: &[Vec<f32>], step: usize) -> Result<Vec<f64>, Error>;
}

/// How steps are taken.
pub(crate) struct Steps<'a> {
    pub(crate) course: Course,
    pub(crate) measure: NamedMeasure,
    pub(crate) progress: Progress,
    /// What the bar calls it.
    pub(crate) what: &'static str,
    pub(crate) observer: Option<&'a StepObserver>,
    pub(crate) file: Option<CheckpointFile>,
}

impl Steps<'_> {
    /// All steps from the start, or those that are left of the run that the file has. Dev has been looked at in the end.
    pub(crate) fn run(&self, trained: &impl Trains, start: State) -> Result<State, Error> {
        let mut state = match &self.file {
            Some(file) => file.load(start, &self.course)?,
            None => start,
        };
        self.go(trained, &mut state)?;
        if state.best.is_none() {
            // Ended before the first look.
            let step = state.points.len();
            let values = trained.look(&state.towers, step)?;
            state.looked(step, values);
        }
        Ok(state)
    }

    fn go(&self, trained: &impl Trains, state: &mut State) -> Result<(), Error> {
        let course = &self.course;
        let template = "{prefix} {wide_bar} {pos}/{len} steps, {msg} [{elapsed} < {eta}]";
        let bar = self.progress.bar(course.max_steps, self.what, template);
        bar.inc(state.points.len() as u64);
        while state.points.len() < course.max_steps && state.stale() <= course.patience {
            let step = state.points.len() + 1;
            let loss = trained.step(state, step)?;
            let dev = match course.looks_after(step) {
                true => Some(trained.look(&state.towers, step)?),
                false => None,
            };
            let dev = dev.map(|values| state.looked(step, values));
            let point = CurvePoint { step, loss, dev };
            bar.set_message(match dev {
                Some(dev) => format!("loss {loss:.4}, {} {dev:.4}", self.measure),
                None => format!("loss {loss:.4}"),
            });
            bar.inc(1);
            state.points.push(point.clone());
            let stops = self.observer.is_some_and(|observer| observer(&point) == Control::Stop);
            let over = stops || step == course.max_steps || state.stale() > course.patience;
            if let Some(file) = self.file.as_ref().filter(|file| over || file.is_due(step)) {
                file.save(state)?;
            }
            if stops {
                break;
            }
        }
        bar.finish_and_clear();
        Ok(())
    }
}
