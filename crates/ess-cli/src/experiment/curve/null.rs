//! What the guard did with modules that learned from shuffled judgements.

use anyhow::Result;
use ess_metrics::proportion_interval;

use crate::experiment::over_seeds::mean;

use super::learned::Learned;

/// How often the guard let a module through.
#[derive(Default)]
pub(super) struct Null {
    pub(super) runs: u64,
    pub(super) through: u64,
    /// Of those, the modules that find less than the frozen encoder on test.
    pub(super) harmful: u64,
}

impl Null {
    /// Adds the runs of a data set.
    pub(super) fn add(&mut self, runs: &[&Learned], frozen: &[f64]) {
        let through = || runs.iter().filter(|run| run.trained.returned);
        self.runs += runs.len() as u64;
        self.through += through().count() as u64;
        self.harmful += through().filter(|run| mean(&run.trained.trained) < mean(frozen)).count() as u64;
    }

    /// `1 of 60: 2 % [0 %, 9 %]`
    pub(super) fn text(&self, of: u64) -> Result<String> {
        let [low, high] = proportion_interval(of, self.runs, 0.95)?.map(percent);
        Ok(format!("{of} of {}: {} [{low}, {high}]", self.runs, percent(of as f64 / self.runs as f64)))
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
