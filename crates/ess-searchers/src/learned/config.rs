//! The settings of a learned weight.

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
    /// Whether the features include statistics of both searchers' scores, which take a first pass. Default: yes.
    pub scores: bool,
    /// Whether the features include the query's dense encoding, which takes no first pass. Default: no.
    pub encoding: bool,
    /// The number of hits of each searcher that the statistics are computed from; at least 2. Default: 100.
    pub depth: usize,
    /// The factor `λ` of the penalty `½ λ |coefficients|²`, added to the mean loss of a query; 0 or more. The larger it is,
    /// the closer the weight is to one constant for all queries. Default: 1.
    pub penalty: f64,
    /// The largest number of steps of the fit; at least 1. Default: 200.
    pub max_steps: usize,
}

impl Default for WeightConfig {
    fn default() -> Self {
        Self { scores: true, encoding: false, depth: 100, penalty: 1.0, max_steps: 200 }
    }
}

impl WeightConfig {
    /// A weight without features: one fitted constant for all queries.
    pub fn constant() -> Self {
        Self { scores: false, encoding: false, ..Self::default() }
    }

    /// Checks that settings are in their ranges.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the first setting that is not.
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
