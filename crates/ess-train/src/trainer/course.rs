//! The steps of one run, from its start or its last checkpoint to its end.

use std::time::Instant;

use ess_search::{OnDevice, PersistentModule, TrainableModule};

use super::{Run, Stop, Trainer};
use crate::{
    Curve, CurvePoint, DevSet, Error, TrainingStep,
    best::Best,
    checkpoint::{CheckpointFile, Progressed},
};

/// A run with what was best on dev and where it is kept.
pub(super) struct Course<'a, 'i, M: TrainableModule> {
    pub(super) trainer: &'a Trainer,
    /// Which of the trainer's runs it is, from 0.
    pub(super) number: usize,
    pub(super) kind: String,
    pub(super) run: Run<'a, 'i, M>,
    pub(super) best: Option<Best<OnDevice<M>>>,
    pub(super) file: Option<CheckpointFile>,
    pub(super) started: Instant,
    /// What the run took before it was interrupted.
    pub(super) seconds_before: f64,
}

impl<M: TrainableModule> Course<'_, '_, M> {
    /// Takes all steps that are left.
    pub(super) fn go(&mut self, stop: &Stop<'_, '_, M::Encoding>) -> Result<(), Error> {
        let steps = self.run.steps;
        let bar = self.trainer.progress.start(steps, &self.kind);
        let mut ended = self.resume()?;
        bar.inc(self.run.points.len() as u64);
        while !ended && self.run.points.len() < steps {
            let (point, asked_to_end) = self.step(stop)?;
            bar.set_message(match point.dev {
                Some(dev) => format!("loss {:.4}, {} {dev:.4}", point.loss, self.trainer.config().measure),
                None => format!("loss {:.4}", point.loss),
            });
            bar.inc(1);
            let stale = |best: &Best<_>| best.stale() > self.trainer.config().patience;
            let over = self.best.as_ref().is_some_and(stale) || point.step == steps;
            self.keep(over, over || asked_to_end)?;
            ended = over || asked_to_end;
            if asked_to_end && point.dev.is_none() {
                // After the checkpoint: a run that goes on from there has not been measured here.
                self.measure_last(stop)?;
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// One step, measured where that is due; and whether an observer ends the run.
    fn step(&mut self, stop: &Stop<'_, '_, M::Encoding>) -> Result<(CurvePoint, bool), Error> {
        let (step, config) = (self.run.points.len() + 1, self.trainer.config());
        let loss = self.run.step(step)?;
        let run = &self.run;
        let module = || Ok(run.snapshot().to_state()?);
        let seen = TrainingStep {
            run: self.number,
            kind: &self.kind,
            step,
            steps: run.steps,
            loss,
            learning_rate: config.rate(step, run.steps),
            module: &module,
        };
        let mut end = self.trainer.observers.end_at_step(&seen)?;
        let mut dev_value = None;
        if let (Some(best), Stop::OnDev(dev)) = (&mut self.best, stop)
            && (step % config.evaluate_every == 0 || step == run.steps)
        {
            let module = run.snapshot();
            let value = measured(dev, &module, step)?;
            best.offer(step, value, module);
            end |= self.trainer.observers.end_at_evaluation(&seen, value)?;
            dev_value = Some(value);
        }
        let point = CurvePoint { step, loss, dev: dev_value };
        self.run.points.push(point.clone());
        Ok((point, end))
    }

    fn measure_last(&mut self, stop: &Stop<'_, '_, M::Encoding>) -> Result<(), Error> {
        let module = self.run.snapshot();
        if let (Some(best), Stop::OnDev(dev), Some(point)) =
            (&mut self.best, stop, self.run.points.last_mut())
        {
            let value = measured(dev, &module, point.step)?;
            best.offer(point.step, value, module);
            point.dev = Some(value);
        }
        Ok(())
    }

    /// Goes on from the run's checkpoint, where there is one; says whether it had ended.
    fn resume(&mut self) -> Result<bool, Error> {
        let Some(file) = &self.file else { return Ok(false) };
        let Some(Progressed { ended, seconds }) = file.load(&mut self.run, self.best.as_mut())? else {
            return Ok(false);
        };
        self.seconds_before = seconds;
        tracing::info!(run = self.number, steps = self.run.points.len(), ended, "went on from a checkpoint");
        Ok(ended)
    }

    /// Writes the checkpoint where one is due.
    fn keep(&self, ended: bool, last: bool) -> Result<(), Error> {
        match &self.file {
            Some(file) if last || file.is_due(self.run.points.len()) => {
                let progressed = Progressed { ended, seconds: self.seconds() };
                file.save(&self.run, self.best.as_ref(), progressed)
            }
            _ => Ok(()),
        }
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }

    /// The parameters to keep.
    pub(super) fn finish(self) -> (OnDevice<M>, Curve) {
        let (seconds, steps) = (self.seconds(), self.run.points.len());
        let snapshot = || (self.run.snapshot(), steps);
        let (module, kept_step) = self.best.map_or_else(snapshot, Best::finish);
        tracing::debug!(kind = self.kind, kept_step, seconds, "trained");
        (module, Curve { points: self.run.points, kept_step, mining: self.run.told.mining, seconds })
    }
}

/// The mean on dev of a module that may have diverged.
fn measured<M: TrainableModule>(
    dev: &DevSet<'_, M::Encoding>,
    module: &OnDevice<M>,
    step: usize,
) -> Result<f64, Error> {
    dev.mean(module).map_err(|error| match error {
        Error::Core(ess_core::Error::NonFinite { .. }) => Error::Diverged { step, loss: f64::NAN },
        error => error,
    })
}
