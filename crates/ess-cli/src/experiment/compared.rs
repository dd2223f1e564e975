//! A system beside another on the same queries.

use anyhow::Result;
use ess_metrics::{Bootstrap, RandomizationTest};

use crate::output::together::Together;

use super::{
    figures::{figure, short},
    over_seeds::mean,
};

/// A mean beside that of a baseline on the same queries.
pub(crate) struct Compared {
    pub(crate) mean: f64,
    pub(crate) baseline: f64,
    /// Of the difference, paired, at 95 %; none where the two differ on too few queries.
    pub(crate) interval: Option<[f64; 2]>,
    /// Of a randomisation test, two-sided.
    pub(crate) p: f64,
}

impl Compared {
    /// None without queries.
    pub(crate) fn of(baseline: &[f64], system: &[f64]) -> Result<Option<Self>> {
        if baseline.is_empty() {
            return Ok(None);
        }
        let interval = Bootstrap::default().difference_interval(baseline, system, 0.95)?;
        let p = RandomizationTest::default().p_value(baseline, system)?;
        Ok(Some(Self { mean: mean(system), baseline: mean(baseline), interval, p }))
    }

    /// `.7960 [+.112, +.191]`, in bold where the difference is significant among all of the page.
    pub(crate) fn text(&self, together: &Together) -> String {
        let text = format!("{} {}", figure(self.mean), self.bracket());
        together.emphasised(&text, self.interval, Some(self.p))
    }

    /// `+.151 [+.112, +.191]`, likewise.
    pub(crate) fn difference(&self, together: &Together) -> String {
        let gain = short(format!("{:+.3}", self.mean - self.baseline));
        together.emphasised(&format!("{gain} {}", self.bracket()), self.interval, Some(self.p))
    }

    fn bracket(&self) -> String {
        match self.interval {
            Some(interval) => {
                let [low, high] = interval.map(|end| short(format!("{end:+.3}")));
                format!("[{low}, {high}]")
            }
            None => "[too few queries differ]".to_owned(),
        }
    }
}
