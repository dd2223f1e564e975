//! Which parameters to keep.

/// Keeps the parameters whose dev measure, averaged with those measured just before and after, is highest.
///
/// A single measurement on some hundred queries is noisy, and its maximum more so; a neighbourhood that is good is
/// less likely to be luck.
pub(crate) struct Best<T> {
    /// Measured last, and waiting for its right neighbour.
    pub(crate) last: Measured<T>,
    /// The measurement before that.
    pub(crate) before_last: Option<f64>,
    /// The highest smoothed measurement.
    pub(crate) best: Option<(f64, Measured<T>)>,
    pub(crate) stale: usize,
}

/// Parameters and what they reach.
#[derive(Clone)]
pub(crate) struct Measured<T> {
    pub(crate) step: usize,
    pub(crate) value: f64,
    pub(crate) snapshot: T,
}

impl<T: Clone> Best<T> {
    /// Starts from what is not trained yet, and its dev measure.
    pub(crate) fn start(snapshot: T, value: f64) -> Self {
        Self { last: Measured { step: 0, value, snapshot }, before_last: None, best: None, stale: 0 }
    }

    /// Takes note of the parameters after a step, and of their dev measure.
    pub(crate) fn offer(&mut self, step: usize, value: f64, snapshot: T) {
        self.settle(Some(value));
        self.before_last = Some(self.last.value);
        self.last = Measured { step, value, snapshot };
    }

    /// How many measurements have passed without a new best.
    pub(crate) fn stale(&self) -> usize {
        self.stale
    }

    /// What was measured last and, where there is one, the best.
    pub(crate) fn snapshots(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.last.snapshot).chain(self.best.as_ref().map(|(_, kept)| &kept.snapshot))
    }

    /// What was kept, and its step.
    pub(crate) fn finish(mut self) -> (T, usize) {
        self.settle(None);
        let kept = self.best.map_or(self.last, |(_, kept)| kept);
        (kept.snapshot, kept.step)
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
