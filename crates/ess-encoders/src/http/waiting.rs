//! How long to wait before a request is sent again.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime},
};

use super::config::HttpLimits;

/// Whether the same request may be answered later.
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 529)
}

/// What `Retry-After` says: seconds, or a date. What it says otherwise is ignored.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        // A server that says more than a clock can hold asks for as much as there is.
        let seconds = Some(seconds).filter(|seconds| *seconds >= 0.0)?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let then = httpdate::parse_http_date(value).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

/// The wait before retry number `retry`, from 0; `None` where the server asks for more than is waited.
pub(super) fn before_retry(retry: usize, asked: Option<Duration>, limits: &HttpLimits) -> Option<Duration> {
    let longest = Duration::from_secs_f64(limits.max_retry_seconds);
    if asked.is_some_and(|asked| asked > longest) {
        return None;
    }
    let doubled = limits.retry_seconds * 2_f64.powi(retry.min(64) as i32);
    let backoff = doubled.min(limits.max_retry_seconds) * (1.0 - 0.5 * chance());
    Some(Duration::from_secs_f64(backoff).max(asked.unwrap_or_default()))
}

/// Any number from 0 to 1, so that clients which failed together do not come back together. No vector depends on it.
fn chance() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_heed_the_server() {
        let limits = HttpLimits { retry_seconds: 1.0, max_retry_seconds: 5.0, ..HttpLimits::default() };
        for (retry, most) in [(0, 1.0), (1, 2.0), (2, 4.0), (3, 5.0), (99, 5.0)] {
            for _ in 0..50 {
                let wait = before_retry(retry, None, &limits).unwrap().as_secs_f64();
                assert!((most / 2.0..=most).contains(&wait), "{retry}: {wait}");
            }
        }
        assert_eq!(before_retry(0, Some(Duration::from_secs(5)), &limits), Some(Duration::from_secs(5)));
        assert_eq!(before_retry(0, Some(Duration::from_secs(6)), &limits), None);
        assert_eq!(before_retry(0, Some(Duration::MAX), &limits), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let read = |value| retry_after(value, now);
        assert_eq!(read(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(read("1e300"), Some(Duration::MAX));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sat, 06 Nov 1993 08:50:07 GMT"), Some(Duration::ZERO));
        for nothing in ["", "-1", "NaN", "soon", "Sun, 99 Nov 1994 08:50:07 GMT"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
