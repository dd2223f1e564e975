//! Why a store did not give what it was asked for, told from its answer and not from texts that may hold a URL with secrets.

use std::{error::Error as _, io};

use object_store::Error as StoreError;
use ureq::http::StatusCode;

use super::error::ObjectError;
use crate::error::Error;

const MAX_REASON_CHARS: usize = 400;

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Missing,
    Forbidden(String),
    Unreachable(String),
    Refused(String),
    Changed { expected: String, found: String },
}

impl Failure {
    /// What an answer without success means; `body` is the start of what it says.
    pub(super) fn of_answer(status: StatusCode, body: &[u8]) -> Self {
        let code = code_in(body).map(|code| format!(" ({code})")).unwrap_or_default();
        let reason = format!("{status}{code}");
        match status.as_u16() {
            404 => Self::Missing,
            401 | 403 => Self::Forbidden(reason),
            408 | 429 | 500..=599 => Self::Unreachable(reason),
            300..=399 => Self::Refused(format!("{reason}: a redirect, as for a bucket of another region")),
            _ => Self::Refused(reason),
        }
    }

    /// What an error of the client means, where `seen` is what the last answer of the store meant.
    pub(super) fn of(error: &StoreError, seen: Option<Self>) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::Missing,
            StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => match seen {
                Some(forbidden @ Self::Forbidden(_)) => forbidden,
                _ => Self::Forbidden("the store does not allow it".to_owned()),
            },
            StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => {
                Self::Refused(format!("it cannot do that: {}", shown(&error.to_string())))
            }
            other => seen.unwrap_or_else(|| Self::of_other(other)),
        }
    }

    /// Of a disk, or of an answer that is not what it should be.
    fn of_other(error: &StoreError) -> Self {
        let mut cause = error.source();
        while let Some(at) = cause {
            match at.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::PermissionDenied) => return Self::Forbidden(shown(&at.to_string())),
                Some(io::ErrorKind::NotFound) => return Self::Missing,
                _ => cause = at.source(),
            }
        }
        Self::Refused(shown(&error.to_string()))
    }

    pub(super) fn at(self, url: &str) -> Error {
        let url = url.to_owned();
        Error::Object(match self {
            Self::Missing => ObjectError::Missing { url },
            Self::Forbidden(reason) => ObjectError::Forbidden { url, reason },
            Self::Unreachable(reason) => ObjectError::Unreachable { url, reason },
            Self::Refused(reason) => ObjectError::Refused { url, reason },
            Self::Changed { expected, found } => ObjectError::Changed { url, expected, found },
        })
    }
}

/// The code in an answer of S3, Google or Azure, such as `AccessDenied`.
fn code_in(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let is_code = (1..=64).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

/// A message on one line, without the queries of URLs, in which there may be signatures.
fn shown(text: &str) -> String {
    let word = |word: &str| match word.split_once('?') {
        Some((before, query)) if !query.is_empty() => format!("{before}?…"),
        _ => word.to_owned(),
    };
    let line = text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_by_its_status_and_its_code() {
        let denied = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Key>SECRET</Key></Error>";
        let of = |status: u16, body: &[u8]| Failure::of_answer(StatusCode::from_u16(status).unwrap(), body);
        assert_eq!(of(403, denied), Failure::Forbidden("403 Forbidden (AccessDenied)".into()));
        assert_eq!(of(404, b""), Failure::Missing);
        assert!(
            matches!(of(503, b"<Code>Slow</Down></Code>"), Failure::Unreachable(reason) if reason.starts_with("503"))
        );
        assert!(matches!(of(301, b""), Failure::Refused(reason) if reason.contains("region")));
        assert!(matches!(of(400, b"\xff"), Failure::Refused(_)));
    }

    #[test]
    fn queries_are_not_shown() {
        assert_eq!(
            shown("GET https://host/a?sig=SECRET\n failed; why? "),
            "GET https://host/a?… failed; why?"
        );
    }
}
