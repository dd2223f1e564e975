//! What a learned weight looks at, and how it is fitted.

use ess_core::Error;
use serde::{Deserialize, Serialize};

/// Settings of a [`LearnedWeight`](crate::LearnedWeight).
///
/// ```
/// use ess_searchers::WeightConfig;
///
/// let config: WeightConfig = serde_json::from_str(r#"{"encoding": true, "penalty": 0.3}"#)?;
/// assert!(config.scores && config.check().is_ok());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeightConfig {
    /// Whether it looks at statistics of the scores that both searchers found, which takes a first pass. Default: yes.
    pub scores: bool,
    /// Whether it looks at the query's dense encoding, which takes none. Default: no.
    pub encoding: bool,
    /// How many hits of each searcher the statistics are of; at least 2. Default: 100.
    pub depth: usize,
    /// How strongly coefficients are drawn to 0, and so the weight to one constant for all queries; 0 or more, against the
    /// mean loss of a query. Default: 1.
    pub penalty: f64,
    /// The most steps of the fit; at least 1. Default: 200.
    pub max_steps: usize,
}

impl Default for WeightConfig {
    fn default() -> Self {
        Self { scores: true, encoding: false, depth: 100, penalty: 1.0, max_steps: 200 }
    }
}

impl WeightConfig {
    /// A weight that looks at nothing: one constant for all queries, fitted.
    pub fn constant() -> Self {
        Self { scores: false, encoding: false, ..Self::default() }
    }

    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found| Err(Error::InvalidParameter { name, expected, found });
        if self.depth < 2 {
            return refuse("depth of a learned weight", "at least 2", self.depth.to_string());
        }
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return refuse("penalty of a learned weight", "a number of 0 or more", self.penalty.to_string());
        }
        if self.max_steps == 0 {
            return refuse("steps of fitting a weight", "at least 1", "0".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused() {
        let with =
            |depth, penalty, max_steps| WeightConfig { depth, penalty, max_steps, ..Default::default() };
        for bad in [with(1, 1.0, 1), with(2, -1.0, 1), with(2, f64::INFINITY, 1), with(2, 1.0, 0)] {
            assert!(matches!(bad.check(), Err(Error::InvalidParameter { .. })), "{bad:?}");
        }
        assert!(WeightConfig::constant().check().is_ok());
        assert!(serde_json::from_str::<WeightConfig>(r#"{"penalties": 1}"#).is_err());
    }
}
