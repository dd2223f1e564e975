//! Which parameters to keep.

/// Keeps the parameters whose dev measure, averaged with those measured just before and after, is highest.
///
/// A single measurement on some hundred queries is noisy, and its maximum more so; a neighbourhood that is good is
/// less likely to be luck.
#[derive(Clone)]
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
            // The untrained module is a neighbour but no candidate: falling back to it is for the baseline guard.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_best_neighbourhoods_is_kept() {
        let mut best = Best::start("untrained", 0.0);
        // Smoothed: 1/3, 7/12, 1/2, 3/4, 3/4.
        let mut stale = Vec::new();
        let offers = [("a", 1.0), ("b", 0.0), ("c", 0.75), ("d", 0.75), ("e", 0.75)];
        for (step, (snapshot, value)) in (1..).zip(offers) {
            best.offer(step, value, snapshot);
            stale.push(best.stale());
        }
        assert_eq!(stale, [0, 0, 0, 1, 0]);
        assert_eq!(best.finish(), ("d", 4));
    }

    #[test]
    fn what_is_not_trained_is_never_kept_where_a_step_was_taken() {
        let mut best = Best::start("untrained", 1.0);
        assert_eq!(best.clone().finish(), ("untrained", 0));
        best.offer(1, 0.0, "a");
        assert_eq!((best.stale(), best.finish()), (0, ("a", 1)));
    }

    #[test]
    fn the_last_measurement_counts_too() {
        let mut best = Best::start("untrained", 0.0);
        for (step, value) in [(1, 0.1), (2, 0.2), (3, 0.9)] {
            best.offer(step, value, "later");
        }
        assert_eq!(best.finish(), ("later", 3));
    }
}
