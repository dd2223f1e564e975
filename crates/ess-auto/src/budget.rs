//! How much may be spent, and how much has been.

use cpu_time::ProcessTime;

/// CPU-seconds of all threads of this process, counted from when the budget was made, and those of earlier runs.
pub(crate) struct Budget {
    limit: f64,
    before: f64,
    started: ProcessTime,
}

impl Budget {
    pub(crate) fn new(limit: f64, before: f64) -> Self {
        Self { limit, before, started: ProcessTime::now() }
    }

    pub(crate) fn spent(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    pub(crate) fn left(&self) -> f64 {
        self.limit - self.spent()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left() <= 0.0
    }
}
