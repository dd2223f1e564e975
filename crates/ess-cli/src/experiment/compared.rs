//! A system beside another on the same queries.

use anyhow::Result;
use ess_metrics::{Bootstrap, RandomizationTest};

use crate::output::together::Together;

use super::{
    figures::{figure, short},
    over_seeds::mean,
};

/// Permutations for each comparison of a page: the smallest p-value is .01 after Bonferroni's correction.
const PERMUTATIONS: usize = 100;

/// Comparisons that more permutations are drawn for: a million permutations take seconds.
const MOST: usize = 10_000;

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
        Self::among(baseline, system, 1)
    }

    /// As [`Compared::of`], for one of so many comparisons that are corrected together. Random permutations give no p-value below one
    /// over their number. Of more comparisons more are drawn, or after correction nothing could be significant.
    pub(crate) fn among(baseline: &[f64], system: &[f64], comparisons: usize) -> Result<Option<Self>> {
        if baseline.is_empty() {
            return Ok(None);
        }
        let interval = Bootstrap::default().difference_interval(baseline, system, 0.95)?;
        let test = RandomizationTest::default();
        let permutations = test.permutations.max(PERMUTATIONS * comparisons.min(MOST));
        let p = RandomizationTest { permutations, ..test }.p_value(baseline, system)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_comparisons_a_certain_one_is_significant_after_correction() {
        let (baseline, system) = ([0.0; 60], [0.5; 60]);
        let p = |comparisons| Compared::among(&baseline, &system, comparisons).unwrap().unwrap().p;
        // With 10 000 permutations alone 600 times the smallest p-value is .06.
        assert!(600.0 * p(1) > 0.05 && 600.0 * p(600) < 0.02, "{} {}", p(1), p(600));
        assert_eq!(Compared::of(&baseline, &system).unwrap().unwrap().p, p(100));
        assert!(Compared::among(&[], &[], 600).unwrap().is_none());
    }
}
