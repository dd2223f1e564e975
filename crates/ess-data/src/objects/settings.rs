//! How an object store is asked.

use std::{collections::BTreeMap, fmt, time::Duration};

use object_store::{BackoffConfig, RetryConfig};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A day: longer waits are mistakes.
const MAX_SECONDS: f64 = 86_400.0;
const MAX_BLOCK_BYTES: usize = 1 << 30;
const MAX_RETRIES: usize = 1000;

/// How an object store is asked: memory, time limits, retries, and what its client takes.
///
/// ```
/// use ess_data::ObjectSettings;
///
/// let settings: ObjectSettings = serde_json::from_str(r#"{"retries": 2, "options": {"aws_region": "eu-west-1"}}"#)?;
/// settings.check()?;
/// assert_eq!(settings.block_bytes, 8 << 20);
/// assert!(!format!("{settings:?}").contains("eu-west-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectSettings {
    /// Bytes that are read at once, and of a part of a large object that is written: what one transfer takes of memory. Default:
    /// 8 MiB. S3 takes no parts of less than 5 MiB; where an object would have more than 10 000 parts, they are larger.
    pub block_bytes: usize,
    /// Seconds that a connection may take. Default: 10.
    pub connect_seconds: f64,
    /// Seconds that a request with its answer may take. Default: 120.
    pub request_seconds: f64,
    /// How often a request is tried again that failed in passing. Default: 5.
    pub retries: usize,
    /// Seconds after which a request is not tried again. Default: 120.
    pub retry_seconds: f64,
    /// Settings of the store by the names that `object_store` has for them, such as `aws_region`, `aws_endpoint`,
    /// `azure_storage_account_name` or `google_service_account`; before those of the environment (`AWS_REGION`, …). Default: none.
    /// Their values are not shown by `Debug`, and an error has none of them.
    pub options: BTreeMap<String, String>,
}

impl Default for ObjectSettings {
    fn default() -> Self {
        Self {
            block_bytes: 8 << 20,
            connect_seconds: 10.0,
            request_seconds: 120.0,
            retries: 5,
            retry_seconds: 120.0,
            options: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for ObjectSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectSettings")
            .field("block_bytes", &self.block_bytes)
            .field("connect_seconds", &self.connect_seconds)
            .field("request_seconds", &self.request_seconds)
            .field("retries", &self.retries)
            .field("retry_seconds", &self.retry_seconds)
            .field("options", &self.options.keys())
            .finish()
    }
}

impl ObjectSettings {
    /// Refuses settings that cannot be worked with.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`].
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |name, expected, found: String| Err(Error::InvalidParameter { name, expected, found });
        if !(1..=MAX_BLOCK_BYTES).contains(&self.block_bytes) {
            return wrong("block_bytes", "1 to 1073741824", self.block_bytes.to_string());
        }
        if self.retries > MAX_RETRIES {
            return wrong("retries", "at most 1000", self.retries.to_string());
        }
        for (name, seconds) in [
            ("connect_seconds", self.connect_seconds),
            ("request_seconds", self.request_seconds),
            ("retry_seconds", self.retry_seconds),
        ] {
            // Not a number is none of these.
            if !(seconds > 0.0 && seconds <= MAX_SECONDS) {
                return wrong(name, "more than 0 and at most 86400 seconds", seconds.to_string());
            }
        }
        Ok(())
    }

    pub(super) fn retry(&self) -> RetryConfig {
        let backoff = BackoffConfig::default();
        let retry_timeout = Duration::from_secs_f64(self.retry_seconds);
        RetryConfig { backoff, max_retries: self.retries, retry_timeout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused_by_name() {
        let good = ObjectSettings::default();
        good.check().unwrap();
        for (settings, name) in [
            (ObjectSettings { block_bytes: 0, ..good.clone() }, "block_bytes"),
            (ObjectSettings { block_bytes: usize::MAX, ..good.clone() }, "block_bytes"),
            (ObjectSettings { connect_seconds: 0.0, ..good.clone() }, "connect_seconds"),
            (ObjectSettings { request_seconds: f64::NAN, ..good.clone() }, "request_seconds"),
            (ObjectSettings { retry_seconds: f64::INFINITY, ..good.clone() }, "retry_seconds"),
            (ObjectSettings { retries: 1001, ..good.clone() }, "retries"),
        ] {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: expected")), "{error}");
        }
        assert!(serde_json::from_str::<ObjectSettings>(r#"{"blocks": 1}"#).is_err());
    }
}
