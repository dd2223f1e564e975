//! The steps of one run, from its start or its last checkpoint to its end.

use std::time::Instant;

use super::{
    best::Best,
    checkpoint::file::{CheckpointFile, Progressed},
    curve::{Curve, CurvePoint},
    definition::Trainer,
    kept::Kept,
    observer::TrainingStep,
    progress,
    run::{Run, diverged},
    sides::Sides,
    stop::Stop,
};
use crate::{data::dev_set::mean, error::Error};

/// A run with what was best on dev and where it is kept.
pub(super) struct Course<'a, 'i, S: Sides> {
    pub(super) trainer: &'a Trainer,
    /// Which of the trainer's runs it is, from 0.
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) run: Run<'a, 'i, S>,
    pub(super) best: Option<Best<Kept<S>>>,
    pub(super) file: Option<CheckpointFile>,
    pub(super) started: Instant,
    /// What the run took before it was interrupted.
    pub(super) seconds_before: f64,
}

impl<S: Sides> Course<'_, '_, S> {
    /// Takes all steps that are left.
    pub(super) fn go(&mut self, stop: &Stop<'_, '_, S::Encoding>) -> Result<(), Error> {
        let steps = self.run.steps;
        let bar = progress::start(self.trainer.progress, steps, &self.name);
        let mut ended = self.resume(stop)?;
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
            let last = if asked_to_end && point.dev.is_none() { self.look_at_end(stop)? } else { None };
            self.keep(over, over || asked_to_end)?;
            ended = over || asked_to_end;
            if let Some(value) = last {
                // After the checkpoint: the curve of a run that goes on from there has no measurement here.
                self.offer_last(value);
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// One step, measured where that is due; and whether an observer ends the run.
    fn step(&mut self, stop: &Stop<'_, '_, S::Encoding>) -> Result<(CurvePoint, bool), Error> {
        let (step, config) = (self.run.points.len() + 1, self.trainer.config());
        let loss = self.run.step(step)?;
        let run = &self.run;
        let module = || run.sides.state(run.device());
        let seen = TrainingStep {
            run: self.number,
            kind: &self.name,
            step,
            steps: run.steps,
            loss,
            learning_rate: config.rate(step, run.steps),
            module: &module,
        };
        let mut end = self.trainer.observers.end_at_step(&seen)?;
        let mut look = None;
        if let (Some(best), Stop::OnDev(dev)) = (&mut self.best, stop)
            && (step % config.evaluate_every == 0 || step == run.steps)
        {
            let values = run.sides.measure(dev, run.device()).map_err(|error| diverged(error, step))?;
            let value = mean(&values);
            best.offer(step, value, run.kept());
            end |= self.trainer.observers.end_at_evaluation(&seen, value)?;
            look = Some(values);
        }
        let point = CurvePoint { step, loss, dev: look.as_deref().map(mean) };
        self.run.looks.extend(look);
        self.run.points.push(point.clone());
        Ok((point, end))
    }

    /// Measures where an observer ends the run, which the guard pays for also when the run goes on later.
    fn look_at_end(&mut self, stop: &Stop<'_, '_, S::Encoding>) -> Result<Option<f64>, Error> {
        let Stop::OnDev(dev) = stop else { return Ok(None) };
        let run = &mut self.run;
        let step = run.points.len();
        let values = run.sides.measure(dev, run.device()).map_err(|error| diverged(error, step))?;
        let value = mean(&values);
        run.looks_at_ends.push(values);
        Ok(Some(value))
    }

    fn offer_last(&mut self, value: f64) {
        let kept = self.run.kept();
        if let (Some(best), Some(point)) = (&mut self.best, self.run.points.last_mut()) {
            best.offer(point.step, value, kept);
            point.dev = Some(value);
        }
    }

    /// Goes on from the run's checkpoint, where there is one, with all that was seen of dev; says whether it had ended.
    fn resume(&mut self, stop: &Stop<'_, '_, S::Encoding>) -> Result<bool, Error> {
        let Some(file) = &self.file else { return Ok(false) };
        let Some(Progressed { ended, seconds }) = file.load(&mut self.run, self.best.as_mut())? else {
            return Ok(false);
        };
        self.seconds_before = seconds;
        if let Stop::OnDev(dev) = stop {
            self.run.looks.iter().chain(&self.run.looks_at_ends).for_each(|values| dev.note(values));
        }
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

    /// What to keep.
    pub(super) fn finish(self) -> (Kept<S>, Curve) {
        let (seconds, steps) = (self.seconds(), self.run.points.len());
        let (kept, kept_step) = self.best.map_or_else(|| (self.run.kept(), steps), Best::finish);
        tracing::debug!(kind = self.name, kept_step, seconds, "trained");
        (kept, Curve { points: self.run.points, kept_step, mining: self.run.loss_context.mining, seconds })
    }
}
