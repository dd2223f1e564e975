//! All observers of a trainer, as one.

use std::sync::Arc;

use super::observer::{Control, Observer, ObserverError, TrainingStep};
use crate::error::Error;

/// Asked in the order in which they were given; one that ends a run is enough.
#[derive(Clone, Default)]
pub(super) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    pub(super) fn add(&mut self, observer: Arc<dyn Observer>) {
        self.0.push(observer);
    }

    /// Whether the run is to end after a step.
    pub(super) fn end_at_step(&self, step: &TrainingStep<'_>) -> Result<bool, Error> {
        self.any(|observer| observer.on_step(step))
    }

    /// Whether the run is to end after a measurement.
    pub(super) fn end_at_evaluation(&self, step: &TrainingStep<'_>, dev: f64) -> Result<bool, Error> {
        self.any(|observer| observer.on_evaluation(step, dev))
    }

    fn any(&self, ask: impl Fn(&dyn Observer) -> Result<Control, ObserverError>) -> Result<bool, Error> {
        let mut end = false;
        for observer in &self.0 {
            end |= ask(&**observer).map_err(Error::Observer)? == Control::Stop;
        }
        Ok(end)
    }
}
