//! Asking a server, again where that may help.

use std::{
    sync::atomic::AtomicBool,
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;
use ureq::{Agent, Body, Proxy, http::Response};

use super::{
    config::{HttpConfig, HttpLimits},
    key::Key,
    pace::{Pace, wait_until},
    waiting::{before_retry, may_pass, retry_after},
};
use crate::error::Error;

/// As much of an answer that is no success as a message needs.
const MAX_REASON_BYTES: u64 = 1 << 16;
const MAX_REASON_CHARS: usize = 400;
/// Headers and the like of a large answer, and what stands around each vector.
const ANSWER_BYTES: u64 = 1 << 16;
const ENTRY_BYTES: u64 = 1 << 10;
/// The number with the most digits that JSON has of an `f64`, a comma, a new line and an indentation.
const COMPONENT_BYTES: u64 = 48;
/// Components of a vector whose dimension is not known yet.
const PROBE_COMPONENTS: u64 = 1 << 14;
/// Answers may repeat the texts; a character of two bytes takes six as an escape.
const ESCAPED: u64 = 3;

/// A server, and how it is asked.
pub(super) struct Client {
    agent: Agent,
    endpoint: String,
    key: Key,
    key_header: Option<String>,
    limits: HttpLimits,
    pace: Pace,
}

/// What a request is to be answered with.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) texts: usize,
    /// The components of each vector, where that is known.
    pub(super) dim: Option<usize>,
}

impl Expected {
    /// The bytes of such an answer at most.
    fn max_bytes(self, request_bytes: usize) -> u64 {
        let components = self.dim.map_or(PROBE_COMPONENTS, |dim| dim as u64);
        let vector = ENTRY_BYTES + COMPONENT_BYTES * components;
        ANSWER_BYTES + vector * self.texts as u64 + ESCAPED * request_bytes as u64
    }
}

/// Why a request has no answer that can be used.
struct Failure {
    error: Box<Error>,
    /// The same request may be answered later.
    may_pass: bool,
    /// What the server asked to wait for.
    asked: Option<Duration>,
}

impl Client {
    pub(super) fn new(config: &HttpConfig, path: &str) -> Result<Self, Error> {
        let limits = config.limits.clone();
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        // A server on this machine is not behind a proxy, whatever the environment says.
        let proxy = if config.url.is_loopback() { None } else { Proxy::try_from_env() };
        let agent = Agent::config_builder()
            .proxy(proxy)
            .timeout_global(seconds(limits.request_seconds))
            .timeout_connect(seconds(limits.connect_seconds))
            .http_status_as_error(false)
            // A key is not taken elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(limits.concurrency)
            .user_agent(concat!("ess/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: agent.into(),
            endpoint: config.url.endpoint(path),
            key: Key::from_env(config.key_env.as_deref())?,
            key_header: config.key_header.clone(),
            pace: Pace::new(limits.requests_per_minute),
            limits,
        })
    }

    /// The address that is asked.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends a body and gives `use_answer` what came, of as many bytes as `expected` at most; `None` when told to stop.
    pub(super) fn post<T>(
        &self,
        body: &[u8],
        expected: Expected,
        stop: &AtomicBool,
        use_answer: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        for tries in 1.. {
            if !self.pace.turn(stop) {
                return Ok(None);
            }
            let failure = match self.try_post(body, expected, tries) {
                Ok(answer) => {
                    return use_answer(&answer).map(Some).map_err(|reason| self.wrong_answer(&reason));
                }
                Err(failure) => failure,
            };
            let wait = before_retry(tries - 1, failure.asked, &self.limits);
            let Some(wait) = wait.filter(|_| failure.may_pass && tries <= self.limits.retries) else {
                return Err(*failure.error);
            };
            tracing::warn!(
                server = self.endpoint,
                reason = %failure.error,
                seconds = wait.as_secs_f64(),
                "asked again after a wait"
            );
            if failure.asked.is_some() {
                self.pace.hold(wait);
            }
            if !wait_until(Instant::now() + wait, stop) {
                return Ok(None);
            }
        }
        unreachable!("the last try returns")
    }

    fn try_post(&self, body: &[u8], expected: Expected, tries: usize) -> Result<Vec<u8>, Failure> {
        let mut request = self.agent.post(&self.endpoint).content_type("application/json");
        if let Some(value) = self.key.header(self.key_header.is_none()) {
            request = request.header(self.key_header.as_deref().unwrap_or("Authorization"), value);
        }
        let mut answer = request.send(body).map_err(|error| self.no_answer(&error, tries))?;
        if answer.status().as_u16() != 200 {
            return Err(self.refused(&mut answer, tries));
        }
        let most = expected.max_bytes(body.len());
        let read = answer.body_mut().with_config().limit(most).read_to_vec();
        read.map_err(|error| self.no_answer(&error, tries))
    }

    /// An answer with another status than 200.
    fn refused(&self, answer: &mut Response<Body>, tries: usize) -> Failure {
        let status = answer.status().as_u16();
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let asked = header("retry-after").and_then(|value| retry_after(value, SystemTime::now()));
        let reason = match (300..400).contains(&status) {
            true => "a redirect, which is not followed; give the address that it leads to".to_owned(),
            false => {
                let mut start = Vec::new();
                let mut reader = std::io::Read::take(answer.body_mut().as_reader(), MAX_REASON_BYTES);
                // What cannot be read of a reason is left out.
                let _ = std::io::Read::read_to_end(&mut reader, &mut start);
                reason_in(&start, &self.key)
            }
        };
        let error = Error::HttpStatus { server: self.endpoint.clone(), status, reason, tries };
        Failure { error: Box::new(error), may_pass: may_pass(status), asked }
    }

    /// No answer, or a part of one.
    fn no_answer(&self, error: &ureq::Error, tries: usize) -> Failure {
        let server = self.endpoint.clone();
        let reason = shown(&error.to_string(), &self.key);
        let (error, may_pass) = match error {
            ureq::Error::BodyExceedsLimit(bytes) => {
                (self.wrong_answer(&format!("more than {bytes} bytes, which no such answer has")), false)
            }
            ureq::Error::Timeout(_) => (Error::HttpTimeLimit { server, reason, tries }, true),
            ureq::Error::Io(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => {
                (Error::HttpTransport { server, reason, tries }, true)
            }
            _ => (Error::HttpTransport { server, reason, tries }, false),
        };
        Failure { error: Box::new(error), may_pass, asked: None }
    }

    /// An answer that is not what was asked for.
    pub(super) fn wrong_answer(&self, reason: &str) -> Error {
        Error::HttpAnswer { server: self.endpoint.clone(), reason: shown(reason, &self.key) }
    }
}

/// The reason in an answer, without the key: the message of OpenAI's, TEI's, Cohere's or FastAPI's JSON, else the start of
/// the text.
fn reason_in(answer: &[u8], key: &Key) -> String {
    let message = |answer: &Value| {
        let error = &answer["error"];
        let places = [&error["message"], error, &answer["message"], &answer["detail"]];
        places.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    let text = serde_json::from_slice(answer).ok().as_ref().and_then(message);
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(answer).into_owned());
    match shown(&text, key) {
        words if words.is_empty() => "no reason given".to_owned(),
        words => words,
    }
}

/// What came from a server, on one line of a terminal: without the key, without control characters, and not too long.
fn shown(text: &str, key: &Key) -> String {
    // Before it is cut, for a part of a key would not be found.
    let words = key.redacted(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    match words.char_indices().nth(MAX_REASON_CHARS) {
        Some((end, _)) => words[..end].chars().map(printable).chain(['…']).collect(),
        None => words.chars().map(printable).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_the_shapes_of_servers() {
        for (answer, reason) in [
            (r#"{"error": {"message": "no such model"}}"#, "no such model"),
            (r#"{"error": "overloaded", "error_type": "Overloaded"}"#, "overloaded"),
            (r#"{"message": "invalid\n token"}"#, "invalid token"),
            (r#"{"detail": "bad"}"#, "bad"),
            ("<h1>Bad  gateway</h1>", "<h1>Bad gateway</h1>"),
            ("", "no reason given"),
        ] {
            assert_eq!(reason_in(answer.as_bytes(), &Key::default()), reason);
        }
        assert!(
            reason_in("ä".repeat(10_000).as_bytes(), &Key::default()).chars().count() <= MAX_REASON_CHARS + 1
        );
        assert!(!reason_in(b"\xff\xfe", &Key::default()).is_empty());
        assert_eq!(reason_in(b"\x1b[2Jgone", &Key::default()), "\u{fffd}[2Jgone");
    }
}
