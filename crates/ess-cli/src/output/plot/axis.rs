//! An axis: what it shows, from where to where, and the words at its ticks.

use anyhow::{Result, ensure};

/// An axis of a plot.
#[derive(Clone)]
pub(crate) struct Axis {
    pub(super) label: String,
    logarithmic: bool,
    range: Option<[f64; 2]>,
}

impl Axis {
    /// An axis in proportion.
    pub(crate) fn linear(label: &str) -> Self {
        Self { label: label.to_owned(), logarithmic: false, range: None }
    }

    /// A logarithmic axis, for numbers above 0.
    pub(crate) fn log(label: &str) -> Self {
        Self { label: label.to_owned(), logarithmic: true, range: None }
    }

    /// Shows at least this range, however the points lie.
    #[must_use]
    pub(crate) fn over(mut self, low: f64, high: f64) -> Self {
        self.range = Some([low, high]);
        self
    }

    pub(super) fn check(&self, value: f64) -> Result<()> {
        ensure!(value.is_finite(), "axis {:?} cannot show {value}", self.label);
        ensure!(
            !self.logarithmic || value > 0.0,
            "the logarithmic axis {:?} cannot show {value}",
            self.label
        );
        Ok(())
    }

    /// Where a number lies on the axis.
    pub(super) fn position(&self, value: f64) -> f64 {
        if self.logarithmic { value.log10() } else { value }
    }

    /// The positions that the axis goes from and to: those of the numbers and a little more.
    pub(super) fn extent(&self, values: impl Iterator<Item = f64>) -> [f64; 2] {
        let fixed = self.range.into_iter().flatten().map(|value| self.position(value));
        let [low, high] = bounds(values.map(|value| self.position(value)).chain(fixed));
        let margin = if high > low { 0.04 * (high - low) } else { 0.5 };
        let [fixed_low, fixed_high] =
            self.range.map_or([f64::NAN; 2], |range| range.map(|x| self.position(x)));
        // A range that holds everything is shown as it is.
        [
            if low == fixed_low { low } else { low - margin },
            if high == fixed_high { high } else { high + margin },
        ]
    }

    /// The number at a position, as short as it can be.
    pub(super) fn words(&self, position: f64) -> String {
        let value = if self.logarithmic { three_digits(10_f64.powf(position)) } else { position };
        match value.abs() {
            0.0 => "0".to_owned(),
            x if x >= 1e5 => format!("{value:.0e}").replace("e", " × 10^"),
            x if x >= 10.0 => trimmed(format!("{value:.1}")),
            x if x >= 1e-3 => trimmed(format!("{value:.3}")),
            _ if value.abs() < 1e-12 => "0".to_owned(),
            _ => format!("{value:.0e}").replace("e", " × 10^"),
        }
    }
}

fn bounds(positions: impl Iterator<Item = f64>) -> [f64; 2] {
    positions.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
}

/// What is between powers of ten has no short name.
fn three_digits(value: f64) -> f64 {
    let unit = 10_f64.powf(value.log10().floor() - 2.0);
    (value / unit).round() * unit
}

fn trimmed(number: String) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        let (linear, log) = (Axis::linear("x"), Axis::log("x"));
        let words = [(0.1 + 0.2, "0.3"), (0.0, "0"), (1e-17, "0"), (20.0, "20"), (-0.125, "-0.125")];
        for (position, expected) in words {
            assert_eq!(linear.words(position), expected);
        }
        for (position, expected) in [(3.0, "1000"), (-2.0, "0.01"), (3.5, "3160"), (5.0, "1 × 10^5")] {
            assert_eq!(log.words(position), expected);
        }
    }

    #[test]
    fn a_range_that_is_given_is_kept() {
        let axis = Axis::linear("p").over(0.0, 1.0);
        assert_eq!(axis.extent([0.2, 0.8].into_iter()), [0.0, 1.0]);
        let [low, high] = axis.extent([0.2, 1.5].into_iter());
        assert!(low == 0.0 && high > 1.5);
        let [low, high] = Axis::linear("p").extent([3.0].into_iter());
        assert!(low < 3.0 && high > 3.0);
    }
}
