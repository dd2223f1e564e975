//! Which parameters to keep.

use ess_search::{OnDevice, TrainableModule};

use crate::{DevSet, Error};

/// Keeps the parameters whose dev measure, averaged with those measured just before and after, is highest.
///
/// A single measurement on some hundred queries is noisy, and its maximum more so; a neighbourhood that is good is
/// less likely to be luck.
pub(crate) struct Best<'a, 'i, M: TrainableModule> {
    dev: &'a DevSet<'i, M::Encoding>,
    /// Measured last, and waiting for its right neighbour.
    last: Measured<M>,
    /// The measurement before that.
    before_last: Option<f64>,
    best: Option<(f64, Measured<M>)>,
    stale: usize,
}

#[derive(Clone)]
struct Measured<M> {
    step: usize,
    value: f64,
    module: OnDevice<M>,
}

impl<'a, 'i, M: TrainableModule> Best<'a, 'i, M> {
    /// Measures the untrained module.
    pub(crate) fn start(module: OnDevice<M>, dev: &'a DevSet<'i, M::Encoding>) -> Result<Self, Error> {
        let last = Measured { step: 0, value: dev.mean(&module)?, module };
        Ok(Self { dev, last, before_last: None, best: None, stale: 0 })
    }

    /// Measures the module after a step.
    pub(crate) fn offer(&mut self, step: usize, module: OnDevice<M>) -> Result<f64, Error> {
        let value = self.dev.mean(&module)?;
        self.settle(Some(value));
        self.before_last = Some(self.last.value);
        self.last = Measured { step, value, module };
        Ok(value)
    }

    /// How many measurements have passed without a new best.
    pub(crate) fn stale(&self) -> usize {
        self.stale
    }

    /// The module that was kept, and its step.
    pub(crate) fn finish(mut self) -> (OnDevice<M>, usize) {
        self.settle(None);
        let kept = self.best.map_or(self.last, |(_, kept)| kept);
        (kept.module, kept.step)
    }

    /// Judges the last measurement, now that its right neighbour is known.
    fn settle(&mut self, next: Option<f64>) {
        if self.last.step == 0 {
            // The untrained module is a neighbour but no candidate: the floor is for falling back to it.
            return;
        }
        let neighbourhood: Vec<f64> =
            [self.before_last, Some(self.last.value), next].into_iter().flatten().collect();
        let smoothed = neighbourhood.iter().sum::<f64>() / neighbourhood.len() as f64;
        if self.best.as_ref().is_none_or(|(best, _)| smoothed > *best) {
            self.best = Some((smoothed, self.last.clone()));
            self.stale = 0;
        } else {
            self.stale += 1;
        }
    }
}
