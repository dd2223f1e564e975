//! Never worse than the frozen encoder: the identity is the floor.

use ess_metrics::Bootstrap;
use ess_search::{DeviceEncoding, PersistentModule};
use serde::{Deserialize, Serialize};

use crate::{DevSet, Error, TrainerConfig};

/// Which module a fit returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// The trained module.
    Trained,
    /// The identity: the frozen encoder's own ranking.
    Identity,
}

/// Which module was returned, and the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloorDecision {
    /// Which module was returned.
    pub returned: Returned,
    /// Why, in words.
    pub reason: String,
    /// The measure on dev.
    pub measure: String,
    /// The trained module's mean on dev.
    pub trained: f64,
    /// The identity's mean on dev, where there is an identity.
    pub identity: Option<f64>,
    /// The paired bootstrap interval of `trained − identity`, low and high.
    pub interval: Option<[f64; 2]>,
    /// The level of the interval.
    pub confidence: f64,
}

impl FloorDecision {
    /// Compares a trained module with the identity on dev queries.
    pub(crate) fn make<E: DeviceEncoding>(
        trained: &dyn PersistentModule<E>,
        identity: Option<&dyn PersistentModule<E>>,
        dev: &DevSet<'_, E>,
        config: &TrainerConfig,
    ) -> Result<Self, Error> {
        let values = dev.per_query(trained)?;
        let floor = identity.map(|identity| dev.per_query(identity)).transpose()?;
        Self::of_values(&values, floor.as_deref(), config)
    }

    /// Compares what a trained module reaches on each dev query with what the identity reaches.
    pub(crate) fn of_values(
        values: &[f64],
        floor: Option<&[f64]>,
        config: &TrainerConfig,
    ) -> Result<Self, Error> {
        let mut decision = Self {
            returned: Returned::Trained,
            reason: "queries and items are of different spaces, so there is no identity to fall back to"
                .into(),
            measure: config.measure.to_string(),
            trained: mean(values),
            identity: None,
            interval: None,
            confidence: config.confidence,
        };
        let Some(floor) = floor else {
            return Ok(decision);
        };
        let bootstrap = Bootstrap { resamples: config.resamples, seed: config.seed };
        let [low, high] = bootstrap.difference_interval(floor, values, config.confidence)?;
        (decision.identity, decision.interval) = (Some(mean(floor)), Some([low, high]));
        let (delta, level) = (decision.trained - mean(floor), 100.0 * config.confidence);
        let measured = format!(
            "on {} dev queries {} changes by {delta:+.4}, {level} % interval {low:+.4} to {high:+.4}",
            values.len(),
            config.measure,
        );
        decision.reason = if low > 0.0 && values.len() < fewest(config.confidence) {
            decision.returned = Returned::Identity;
            format!(
                "{} dev queries are too few to show anything at a level of {level} %: {measured}",
                values.len()
            )
        } else if low > 0.0 {
            format!("the trained module is better than the frozen encoder: {measured}")
        } else {
            decision.returned = Returned::Identity;
            format!(
                "there is no evidence that the trained module is better than the frozen encoder: {measured}"
            )
        };
        Ok(decision)
    }
}

/// The fewest queries of which all rise by chance, each one with even odds, less often than the level leaves open.
fn fewest(confidence: f64) -> usize {
    (2.0 / (1.0 - confidence)).log2().ceil() as usize
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handful_of_queries_shows_nothing() {
        let decide = |queries: usize| {
            let (trained, frozen) = (vec![1.0; queries], vec![0.5; queries]);
            FloorDecision::of_values(&trained, Some(&frozen), &TrainerConfig::default()).unwrap()
        };
        assert_eq!(decide(7).returned, Returned::Identity);
        assert!(decide(7).reason.contains("too few"), "{}", decide(7).reason);
        assert_eq!(decide(8).returned, Returned::Trained);
    }
}
