//! How an engine is talked to.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Batches, time limits and retries, as data.
///
/// ```
/// use ess_engines::EngineSettings;
///
/// let patient = EngineSettings { retries: 8, ..EngineSettings::default() };
/// assert!(patient.check().is_ok());
/// assert!(EngineSettings { batch: 0, ..patient }.check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// Items sent at once. At least 1. Default: 1000.
    pub batch: usize,
    /// Queries asked at once. At least 1. Default: 64.
    pub queries: usize,
    /// Seconds that one request may take. Above 0, at most a day. Default: 30.
    pub timeout: f64,
    /// How often a request is tried again after the engine was out of reach or too slow. Default: 3.
    pub retries: u32,
    /// Seconds before the first retry, give or take a half by chance, so that clients which failed together do not come
    /// back together; each further one waits twice as long. At least 0, at most an hour. Default: 0.5.
    pub pause: f64,
}

/// A number from 0 to 1, from what the standard library seeds its tables with.
pub(crate) fn chance() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { batch: 1000, queries: 64, timeout: 30.0, retries: 3, pause: 0.5 }
    }
}

const DAY: f64 = 24.0 * 3600.0;
const HOUR: f64 = 3600.0;

impl EngineSettings {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        for (name, count) in [("batch", self.batch), ("queries", self.queries)] {
            if count == 0 {
                return refuse(name, "at least 1", "0".to_owned());
            }
        }
        if !(self.timeout > 0.0 && self.timeout <= DAY) {
            return refuse("timeout", "seconds above 0 and at most 86400", self.timeout.to_string());
        }
        if !(self.pause >= 0.0 && self.pause <= HOUR) {
            return refuse("pause", "seconds from 0 to 3600", self.pause.to_string());
        }
        if self.retries > 32 {
            return refuse("retries", "at most 32", self.retries.to_string());
        }
        Ok(())
    }

    /// How long to wait before retry number `retry`, from 0; never more than an hour.
    pub(crate) fn pause_before(&self, retry: u32) -> Duration {
        self.pause_by(retry, chance())
    }

    fn pause_by(&self, retry: u32, chance: f64) -> Duration {
        Duration::from_secs_f64((self.pause * 2_f64.powi(retry as i32) * (0.5 + chance)).min(HOUR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let default = EngineSettings::default();
        let wrong = [
            ("queries", EngineSettings { queries: 0, ..default.clone() }),
            ("timeout", EngineSettings { timeout: f64::NAN, ..default.clone() }),
            ("timeout", EngineSettings { timeout: 0.0, ..default.clone() }),
            ("pause", EngineSettings { pause: -1.0, ..default.clone() }),
            ("retries", EngineSettings { retries: 33, ..default.clone() }),
        ];
        for (expected, settings) in wrong {
            assert!(matches!(settings.check(), Err(Error::Config { name, .. }) if name == expected));
        }
    }

    #[test]
    fn pauses_double_and_end() {
        let settings = EngineSettings { pause: 1.0, ..EngineSettings::default() };
        assert_eq!(settings.pause_by(3, 0.5), Duration::from_secs(8));
        assert_eq!(settings.pause_by(31, 0.0), Duration::from_secs(3600));
    }

    #[test]
    fn clients_that_fail_together_do_not_come_back_together() {
        let settings = EngineSettings { pause: 1.0, ..EngineSettings::default() };
        let pauses: std::collections::BTreeSet<Duration> =
            (0..100).map(|_| settings.pause_before(2)).collect();
        assert!(pauses.len() > 90);
        assert!(pauses.iter().all(|pause| (2.0..=6.0).contains(&pause.as_secs_f64())));
        let spread = pauses.last().unwrap().as_secs_f64() - pauses.first().unwrap().as_secs_f64();
        assert!(spread > 2.0, "{spread}");
    }
}
